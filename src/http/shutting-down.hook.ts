import type { FastifyInstance } from 'fastify';
import { problemOf } from '../problems/problem.js';
import { sendProblem } from '../problems/send-problem.js';
import { ShuttingDown } from '../problems/service-errors.js';

/** @returns a function that makes the service refuse all further requests, because it shuts down. */
export function refuseOnceShuttingDown(fastify: FastifyInstance): () => void {
  let shuttingDown = false;
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!shuttingDown) return done();
    sendProblem(reply.header('Connection', 'close'), problemOf(ShuttingDown.now(), request.id));
  });
  return () => (shuttingDown = true);
}

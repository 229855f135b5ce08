import type { FastifyReply } from 'fastify';
import { PROBLEMS } from './catalogue.js';
import type { ProblemDocument } from './problem.js';

export function sendProblem(reply: FastifyReply, problem: ProblemDocument): FastifyReply {
  const entry = PROBLEMS[problem.code];
  if ('retryAfter' in entry) void reply.header('Retry-After', entry.retryAfter);
  if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
  return reply.status(problem.status).header('Content-Type', 'application/problem+json').send(problem);
}

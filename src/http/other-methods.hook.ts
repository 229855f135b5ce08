import type { FastifyInstance } from 'fastify';
import { MethodNotAllowed } from '../problems/request-errors.js';

/**
 * For a known address with another method: answers OPTIONS with the allowed methods, and refuses any other one with
 * them.
 */
export function refuseOtherMethods(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const [url = ''] = request.url.split('?');
    const methods = fastify.supportedMethods.filter((method) => fastify.findRoute({ method, url }) !== null);
    if (methods.length === 0) return done();
    void reply.header('Allow', [...methods, 'OPTIONS'].join(', '));
    if (request.method === 'OPTIONS') void reply.status(204).send();
    else done(MethodNotAllowed.expected(methods, request.method));
  });
}

import type { FastifyInstance } from 'fastify';
import { MethodNotAllowed } from '../problems/request-errors.js';

/**
 * For a known address with another method: answers OPTIONS with the allowed methods, and refuses any other one with
 * them.
 */
export function refuseOtherMethods(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const [url = ''] = request.url.split('?');
    const methods = fastify.supportedMethods.filter((method) => fastify.findRoute({ method, url }) !== null);
    if (methods.length === 0) return;
    void reply.header('Allow', [...methods, 'OPTIONS'].join(', '));
    if (request.method === 'OPTIONS') return reply.status(204).send();
    throw MethodNotAllowed.expected(methods, request.method);
  });
}

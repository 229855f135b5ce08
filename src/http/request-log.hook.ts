import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { validate as isUuid } from 'uuid';
import { isForThePlatform } from './platform-routes.js';

/** Sets each answer's request id and logs one line per request: by route, since address and body may hold secrets. */
export function logRequests(fastify: FastifyInstance, logger: Logger): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Request-Id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { url: route = '(none)' } = request.routeOptions;
    const line = {
      msg: 'request',
      requestId: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      operationId: operationOf(request, reply.getHeader('location')),
    };
    logger[isForThePlatform(route) ? 'debug' : 'info'](line);
    done();
  });
}

/** Any other value in the place of an operation's id may be a secret. */
function operationOf(request: FastifyRequest, location: unknown): string | undefined {
  const { id } = (request.params ?? {}) as { id?: string };
  const found = id ?? (typeof location === 'string' ? /^\/api\/operations\/([^/?]+)$/.exec(location)?.[1] : undefined);
  return isUuid(found) ? found : undefined;
}

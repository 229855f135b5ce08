import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { validate as isUuid } from 'uuid';
import { hasCardNumber } from './validation/card-numbers.js';
import { secure } from './http/security-headers.js';
import { problemOf } from './problems/problem.js';
import { recognize } from './problems/recognize.js';
import { sendProblem } from './problems/send-problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In bytes, where the route takes larger bodies than others. */
    bodyLimit?: number;
  }
}

const KIB = 1024;
const SECONDS = 1000;
const RECEIVED_WITHIN = 30 * SECONDS;
const HEALTH = /^\/(health|metrics)\b/;

/**
 * How Fastify is set up: 64 KiB a body, a request id that the client may give, and what it refuses by itself told as a
 * problem.
 */
export function serverOptions(): FastifyHttpOptions<Server> {
  return {
    bodyLimit: 64 * KIB,
    // Of receiving a request; how long an answer takes is not limited by it.
    requestTimeout: RECEIVED_WITHIN,
    // Node takes the longer one of this and `requestTimeout` for that of the body.
    http: { headersTimeout: RECEIVED_WITHIN, connectionsCheckingInterval: 1 * SECONDS },
    requestIdHeader: false,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      // It is logged and stored.
      const taken = typeof given === 'string' && /^[\w.-]{1,100}$/.test(given) && !hasCardNumber(given);
      return taken ? given : randomUUID();
    },
    frameworkErrors: (error, request, given) => {
      const reply = given as FastifyReply;
      const { code, detail } = recognize(error);
      secure(reply);
      sendProblem(reply.header('X-Request-Id', request.id), problemOf(code, detail, { requestId: request.id }));
    },
  };
}

/** Nest hands a route's config to Fastify, and no other option. */
export function heedBodyLimits(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.config?.bodyLimit !== undefined) route.bodyLimit = route.config.bodyLimit;
  });
}

/**
 * Gives each answer its request id, and logs one line a request: its route, since address and body may hold what must
 * not be kept.
 * @returns how to refuse all that comes from now on, because the process shuts down.
 */
export function watchRequests(fastify: FastifyInstance, logger: Logger): () => void {
  let shuttingDown = false;
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('X-Request-Id', request.id);
    if (!shuttingDown) return;
    const problem = problemOf('shutting_down', 'The service shuts down. Nothing is lost: try again in a moment.', {
      requestId: request.id,
    });
    await sendProblem(reply.header('Connection', 'close'), problem);
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
    logger[HEALTH.test(route) ? 'debug' : 'info'](line);
    done();
  });
  return () => (shuttingDown = true);
}

/** Whatever else stands in its place may be a secret. */
function operationOf(request: FastifyRequest, location: unknown): string | undefined {
  const { id } = (request.params ?? {}) as { id?: string };
  const found = id ?? (typeof location === 'string' ? /^\/api\/operations\/([^/?]+)$/.exec(location)?.[1] : undefined);
  return isUuid(found) ? found : undefined;
}

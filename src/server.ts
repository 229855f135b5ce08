import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { validate as isUuid } from 'uuid';
import { hasCardNumber } from './validation/card-numbers.js';
import { secure } from './http/security-headers.hook.js';
import { RECEIVED_WITHIN, refuseUnreadable } from './http/unreadable-requests.hook.js';
import { problemOf } from './problems/problem.js';
import { recognize } from './problems/recognized-error.js';
import { sendProblem } from './problems/send-problem.js';
import { ShuttingDown } from './problems/service-errors.js';
import { SECONDS } from './time/durations.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In bytes, for a route that takes larger bodies than the others. */
    bodyLimit?: number;
  }
}

const KIB = 1024;
const HEALTH = /^\/(health|metrics)\b/;

/**
 * Fastify's options: bodies of up to 64 KiB, a request id that the client may set, and Fastify's own errors as
 * problems.
 */
export function serverOptions(): FastifyHttpOptions<Server> {
  return {
    bodyLimit: 64 * KIB,
    // Limits how long a request may take to arrive, not how long its answer takes.
    requestTimeout: RECEIVED_WITHIN,
    // For the body, Node takes the longer of this and `requestTimeout`.
    http: { headersTimeout: RECEIVED_WITHIN, connectionsCheckingInterval: 1 * SECONDS },
    requestIdHeader: false,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      // The request id is logged and stored, so it must not hold a card number.
      const taken = typeof given === 'string' && /^[\w.-]{1,100}$/.test(given) && !hasCardNumber(given);
      return taken ? given : randomUUID();
    },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, given) => {
      const reply = given as FastifyReply;
      secure(reply);
      sendProblem(reply.header('X-Request-Id', request.id), problemOf(recognize(error), request.id));
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
 * Sets each answer's request id and logs one line per request: by route, since address and body may hold secrets.
 * @returns a function that makes the service refuse all further requests, because it shuts down.
 */
export function watchRequests(fastify: FastifyInstance, logger: Logger): () => void {
  let shuttingDown = false;
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Request-Id', request.id);
    if (!shuttingDown) return done();
    sendProblem(reply.header('Connection', 'close'), problemOf(ShuttingDown.now(), request.id));
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

/** Any other value in the place of an operation's id may be a secret. */
function operationOf(request: FastifyRequest, location: unknown): string | undefined {
  const { id } = (request.params ?? {}) as { id?: string };
  const found = id ?? (typeof location === 'string' ? /^\/api\/operations\/([^/?]+)$/.exec(location)?.[1] : undefined);
  return isUuid(found) ? found : undefined;
}

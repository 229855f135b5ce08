import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { FastifyHttpOptions, FastifyReply } from 'fastify';
import { problemOf } from '../problems/problem.js';
import { recognize } from '../problems/recognized-error.js';
import { sendProblem } from '../problems/send-problem.js';
import { SECONDS } from '../time/durations.js';
import { hasCardNumber } from '../validation/card-numbers.js';
import { secure } from './security-headers.hook.js';
import { RECEIVED_WITHIN, refuseUnreadable } from './unreadable-requests.hook.js';

const KIB = 1024;

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

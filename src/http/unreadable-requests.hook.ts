import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ForeseenError, problemOf } from '../problems/problem.js';
import { BadRequest, HeadTooLarge, RequestTimeout } from '../problems/request-errors.js';
import { problemHeaders } from '../problems/send-problem.js';
import { SECONDS } from '../time/durations.js';

/** The time limit for receiving a request's head and body. */
export const RECEIVED_WITHIN = 30 * SECONDS;

/**
 * Answers connections on which Node rejects a request: too slow, a head too large, or not HTTP. Fastify's hooks never
 * see them.
 */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(rawProblem(foreseen(error)));
  socket.destroy(error);
}

function foreseen({ code }: NodeJS.ErrnoException): ForeseenError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return RequestTimeout.after(RECEIVED_WITHIN);
  return code === 'HPE_HEADER_OVERFLOW' ? HeadTooLarge.over(maxHeaderSize) : BadRequest.unreadable();
}

/** The whole response, for a connection that Fastify does not answer. */
export function rawProblem(error: ForeseenError): string {
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    ...Object.entries(problemHeaders(problem, error.retryAfter)).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

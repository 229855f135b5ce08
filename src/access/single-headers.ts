import type { FastifyInstance } from 'fastify';
import { Problem } from '../problems/problem.js';

/**
 * What names somebody or something, or sets a condition, and is no list by its definition. Node joins two of them or
 * picks the first, so that what is heeded here is another than what a proxy has checked, or than the client that
 * retries believes.
 */
const SINGLE = new Set([
  'authorization',
  'content-type',
  'host',
  'idempotency-key',
  'last-event-id',
  'origin',
  'sec-fetch-site',
]);

/** A webhook's: Stripe-Signature and the like. RFC 9421's own Signature is a list. */
const SIGNATURE = /-signature$/;

/** The first header that may come once and does not. `rawHeaders`: names and values by turns, as Node gives them. */
function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!SINGLE.has(name) && !SIGNATURE.test(name)) continue;
    if (seen.has(name)) return rawHeaders[at];
    seen.add(name);
  }
  return undefined;
}

export function refusalOfRepeated(rawHeaders: readonly string[]): Problem | undefined {
  const name = repeatedHeader(rawHeaders);
  if (name === undefined) return undefined;
  return new Problem(
    'repeated_header',
    `Expected the header ${name} once, found it more often. Send the one that counts.`,
    [{ path: name, message: 'expected once' }],
  );
}

export function refuseRepeatedHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => done(refusalOfRepeated(request.raw.rawHeaders)));
}

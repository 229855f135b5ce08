import type { FastifyInstance } from 'fastify';
import { RepeatedHeader } from './access-errors.js';

/**
 * Headers that identify something or set a condition, and are not lists by definition. Node joins two of them or picks
 * the first, so the service could act on another value than the one that a proxy checked or a retrying client assumes.
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

/**
 * The first header that may come only once and is repeated. `rawHeaders`: names and values by turns, as Node gives
 * them.
 */
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

export function repeatedHeaderError(rawHeaders: readonly string[]): RepeatedHeader | undefined {
  const name = repeatedHeader(rawHeaders);
  return name === undefined ? undefined : RepeatedHeader.named(name);
}

export function refuseRepeatedHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => done(repeatedHeaderError(request.raw.rawHeaders)));
}

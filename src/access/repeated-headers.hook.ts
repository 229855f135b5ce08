import type { FastifyInstance } from 'fastify';
import { RepeatedHeader } from './access-errors.js';

/**
 * Headers that identify something or set a condition, and may not be lists. Node joins two of them or picks the first,
 * so the service could act on another value than a proxy checked or a retrying client expects.
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

/** The signature of a webhook, such as Stripe-Signature. RFC 9421's Signature is a list. */
const SIGNATURE = /-signature$/;

/** The first repeated header of those that may occur once. `rawHeaders` alternates names and values, as in Node. */
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

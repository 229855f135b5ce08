import type Stripe from 'stripe';
import { METADATA } from './stripe-mapping.js';
import { MINUTES, SECONDS } from '../../../time/durations.js';

/**
 * Searches usually find a charge within a minute (docs.stripe.com/search#data-freshness); before that, all recent ones
 * are read.
 */
const SURELY_SEARCHABLE_AFTER = 120 * SECONDS;

/** In an outage, a search may be an hour behind. */
const SURELY_FOUND_AFTER = 90 * MINUTES;

/** A request that was held up arrives within this time, or when it is sent again. */
const ARRIVES_WITHIN = 5 * MINUTES;

/** The most by which Stripe's clock may be behind ours. */
const CLOCK_SKEW = 60 * SECONDS;

export const ALL_AT_ONCE = 100;

/**
 * The charge that was sent under the key; undefined if Stripe has none. What a search that may be behind does not find
 * is looked for in the list, about when it was sent. Both miss a charge that was sent again later, during an outage.
 * While the operation continues, that does no harm: for 24 hours the key prevents a second charge.
 */
export async function findCharge(
  stripe: Stripe,
  idempotencyKey: string,
  sentAt: Date,
  now: Date,
): Promise<Stripe.PaymentIntent | undefined> {
  const sinceSent = (ms: number) => Math.floor((sentAt.getTime() + ms) / SECONDS);
  const listed = (created: Stripe.RangeQueryParam) =>
    firstUnder(idempotencyKey, stripe.paymentIntents.list({ created, limit: ALL_AT_ONCE }));
  const age = now.getTime() - sentAt.getTime();
  if (age < SURELY_SEARCHABLE_AFTER) return listed({ gte: sinceSent(-CLOCK_SKEW) });
  const query = `metadata["${METADATA.key}"]:"${idempotencyKey.replace(/["\\]/g, '\\$&')}"`;
  const found = await firstUnder(idempotencyKey, stripe.paymentIntents.search({ query, limit: ALL_AT_ONCE }));
  // The search may return an old state.
  if (found) return stripe.paymentIntents.retrieve(found.id);
  return age < SURELY_FOUND_AFTER ? listed({ gte: sinceSent(-CLOCK_SKEW), lte: sinceSent(ARRIVES_WITHIN) }) : undefined;
}

export function findRefund(stripe: Stripe, charge: string, idempotencyKey: string): Promise<Stripe.Refund | undefined> {
  return firstUnder(idempotencyKey, stripe.refunds.list({ payment_intent: charge, limit: ALL_AT_ONCE }));
}

async function firstUnder<T extends { id: string; metadata: Stripe.Metadata | null }>(
  key: string,
  all: AsyncIterable<T>,
): Promise<T | undefined> {
  for await (const one of once(all)) if (one.metadata?.[METADATA.key] === key) return one;
  return undefined;
}

/** The items of all pages. */
export async function everyOne<T extends { id: string }>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of once(all)) found.push(one);
  return found;
}

/** A list that says `has_more` for ever would be read for ever. */
async function* once<T extends { id: string }>(all: AsyncIterable<T>): AsyncGenerator<T> {
  const seen = new Set<string>();
  for await (const one of all) {
    if (seen.has(one.id)) throw new Error(`Stripe lists ${one.id} twice: the list has no end.`);
    seen.add(one.id);
    yield one;
  }
}

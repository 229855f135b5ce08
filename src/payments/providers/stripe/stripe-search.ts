import type Stripe from 'stripe';
import { METADATA } from './stripe-mapping.js';
import { SECONDS } from '../../../time/durations.js';

/**
 * Searches usually find a charge within a minute (docs.stripe.com/search#data-freshness); before that, all recent ones
 * are read.
 */
const SURELY_SEARCHABLE_AFTER = 120 * SECONDS;

/** The most by which Stripe's clock may be behind ours. */
const CLOCK_SKEW = 60 * SECONDS;

export const ALL_AT_ONCE = 100;

/**
 * The charge that was sent under the key; undefined if Stripe has none. In an outage, a search may be an hour behind
 * and miss a charge. That does no harm: for 24 hours the key prevents a second charge, and after that the search is
 * reliable.
 */
export async function findCharge(
  stripe: Stripe,
  idempotencyKey: string,
  sentAt: Date,
  now: Date,
): Promise<Stripe.PaymentIntent | undefined> {
  if (now.getTime() - sentAt.getTime() < SURELY_SEARCHABLE_AFTER) {
    const created = { gte: Math.floor((sentAt.getTime() - CLOCK_SKEW) / SECONDS) };
    return firstUnder(idempotencyKey, stripe.paymentIntents.list({ created, limit: ALL_AT_ONCE }));
  }
  const query = `metadata["${METADATA.key}"]:"${idempotencyKey.replace(/["\\]/g, '\\$&')}"`;
  const found = await firstUnder(idempotencyKey, stripe.paymentIntents.search({ query, limit: ALL_AT_ONCE }));
  // The search may return an old state.
  return found && stripe.paymentIntents.retrieve(found.id);
}

export function findRefund(stripe: Stripe, charge: string, idempotencyKey: string): Promise<Stripe.Refund | undefined> {
  return firstUnder(idempotencyKey, stripe.refunds.list({ payment_intent: charge, limit: ALL_AT_ONCE }));
}

async function firstUnder<T extends { metadata: Stripe.Metadata | null }>(
  key: string,
  all: AsyncIterable<T>,
): Promise<T | undefined> {
  for await (const one of all) if (one.metadata?.[METADATA.key] === key) return one;
  return undefined;
}

/** The items of all pages. */
export async function everyOne<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

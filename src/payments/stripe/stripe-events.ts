import type Stripe from 'stripe';
import type { ProviderEvent } from '../payment-provider.js';
import { METADATA } from './stripe-mapping.js';

/** The part of any object that an event may be about which says whose it is. */
interface Subject {
  object?: string;
  id?: string;
  metadata?: Record<string, string> | null;
  payment_intent?: string | { id: string } | null;
}

export function eventOf({ id, type, created, data }: Stripe.Event): ProviderEvent {
  const subject = data.object as Subject;
  const reference = referenceOf(subject);
  const operationId = reference === null ? null : (subject.metadata?.[METADATA.operation] ?? null);
  return { id, type, occurredAt: new Date(created * 1000), operationId, reference };
}

/** A charge of ours is a PaymentIntent; Stripe's Charge is one try at it, and takes over its metadata. */
function referenceOf({ object, id, payment_intent }: Subject): string | null {
  if (object === 'payment_intent' || object === 'refund') return id ?? null;
  if (object === 'charge') return typeof payment_intent === 'string' ? payment_intent : (payment_intent?.id ?? null);
  return null;
}

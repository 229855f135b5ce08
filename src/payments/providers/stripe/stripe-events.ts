import { z } from 'zod';
import type { ProviderEvent } from '../payment-provider.js';
import { eventTime, eventWord, expectShape, readEvent } from '../webhook-checks.js';
import { METADATA } from './stripe-mapping.js';

/** Any event; its object may be anything. */
const event = z.object({
  id: eventWord,
  type: eventWord,
  created: eventTime,
  data: z.object({ object: z.looseObject({ object: z.string().optional() }) }),
});

/** An event about a payment: the fields of its object that name our operation. */
const subject = z.object({
  object: z.enum(['payment_intent', 'refund', 'charge', 'dispute']),
  id: eventWord,
  metadata: z.object({ [METADATA.operation]: eventWord.optional() }).nullish(),
  payment_intent: z.union([eventWord, z.object({ id: eventWord }).transform(({ id }) => id)]).nullish(),
});
type Subject = z.output<typeof subject>;

/** @throws WebhookRefused */
export function eventOf(body: Buffer): ProviderEvent {
  const { id, type, created, data } = readEvent(body, event);
  const common = { id, type, occurredAt: new Date(created * 1000) };
  const found = subject.shape.object.safeParse(data.object.object).success
    ? expectShape(data.object, subject)
    : undefined;
  const reference = found ? referenceOf(found) : null;
  return {
    ...common,
    reference,
    operationId: reference === null ? null : (found?.metadata?.[METADATA.operation] ?? null),
  };
}

/**
 * A charge of ours is a PaymentIntent; Stripe's Charge is one attempt at it and inherits its metadata. A refund made
 * without us and a dispute concern the PaymentIntent.
 */
function referenceOf({ object, id, metadata, payment_intent }: Subject): string | null {
  const isNamedByItself = object === 'payment_intent' || (object === 'refund' && metadata?.[METADATA.operation]);
  return isNamedByItself ? id : (payment_intent ?? null);
}

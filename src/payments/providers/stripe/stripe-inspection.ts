import Stripe from 'stripe';
import type { ChargeMovement, Inspection } from '../payment-provider.js';
import { lookUpErrorAnswer, METADATA } from './stripe-mapping.js';
import { fromStripe } from './stripe-money.js';

/** Whether a refund gives money back now or later (docs.stripe.com/refunds#failed-refunds). */
const REFUNDS: Readonly<Record<string, boolean>> = {
  succeeded: true,
  pending: true,
  requires_action: true,
  failed: false,
  canceled: false,
};

/**
 * Whether Stripe has taken the money from us (docs.stripe.com/api/disputes/object#dispute_object-status). An inquiry
 * takes none.
 */
const DISPUTES: Readonly<Record<string, boolean>> = {
  needs_response: true,
  under_review: true,
  lost: true,
  appeal_needs_response: true,
  appeal_under_review: true,
  won: false,
  prevented: false,
  warning_needs_response: false,
  warning_under_review: false,
  warning_closed: false,
};

/** Statuses of a PaymentIntent with an authorized amount. */
const AUTHORIZED = new Set<string>(['succeeded', 'requires_capture']);
const NOT_YET = new Set<string>([
  'canceled',
  'processing',
  'requires_action',
  'requires_confirmation',
  'requires_payment_method',
]);

/** The state of a charge now, from a PaymentIntent, its refunds and its disputes. */
export function chargeState(
  intent: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[],
  disputes: readonly Stripe.Dispute[],
): Inspection {
  const { id: reference, status, currency, metadata } = intent;
  if (!AUTHORIZED.has(status) && !NOT_YET.has(status)) return notUnderstood(`status ${status} of ${reference}`);
  const movements: (ChargeMovement & { at: number })[] = [];
  if (status === 'canceled' && intent.canceled_at !== null)
    movements.push({
      type: 'void',
      reference,
      amount: fromStripe(intent.amount, currency),
      idempotencyKey: null,
      stands: true,
      at: intent.canceled_at,
    });
  if (status === 'succeeded' && intent.capture_method === 'manual')
    movements.push({
      type: 'capture',
      reference,
      amount: fromStripe(intent.amount_received, currency),
      idempotencyKey: metadata[METADATA.captureKey] ?? null,
      stands: true,
      at: intent.created,
    });
  for (const { id, status, amount, created, ...refund } of refunds) {
    const stands = REFUNDS[status ?? ''];
    if (stands === undefined) return notUnderstood(`status ${status} of ${id}`);
    const idempotencyKey = refund.metadata?.[METADATA.key] ?? null;
    movements.push({
      type: 'refund',
      reference: id,
      amount: fromStripe(amount, currency),
      idempotencyKey,
      stands,
      at: created,
    });
  }
  for (const { id, status, amount, created, currency: disputedIn } of disputes) {
    const stands = DISPUTES[status];
    if (stands === undefined) return notUnderstood(`status ${status} of ${id}`);
    if (disputedIn !== currency) return notUnderstood(`currency ${disputedIn} of ${id}`);
    movements.push({
      type: 'dispute',
      reference: id,
      amount: fromStripe(amount, currency),
      idempotencyKey: null,
      stands,
      at: created,
    });
  }
  return {
    type: 'found',
    reference,
    operationId: metadata[METADATA.operation] ?? null,
    currency: currency.toUpperCase(),
    authorized: AUTHORIZED.has(status) ? fromStripe(intent.amount, currency) : 0,
    captured: fromStripe(intent.amount_received, currency),
    movements: movements.sort((one, other) => one.at - other.at).map(({ at: _, ...movement }) => movement),
  };
}

const notUnderstood = (reason: string) => ({ type: 'not_understood', reason }) as const;

/** @throws RetryableError */
export function inspectionError(error: unknown): Inspection {
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing')
    return { type: 'not_found' };
  if (!(error instanceof Stripe.errors.StripeError)) return notUnderstood((error as Error).message);
  const answer = lookUpErrorAnswer(error);
  return answer.type === 'unknown' ? answer : { type: 'unknown', reason: answer.type };
}

import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import type { Intents } from './intents.js';
import { ErrorResponse } from './error-response.js';

/** Refunds of the PaymentIntents (docs.stripe.com/refunds). */
export class Refunds {
  private readonly refunds: Stripe.Refund[] = [];

  constructor(private readonly intents: Intents) {}

  /** @throws ErrorResponse */
  create(params: Stripe.RefundCreateParams): Stripe.Refund {
    if (params.payment_intent === undefined) throw ErrorResponse.missingParameter('payment_intent');
    const { intent, moved, behaviour } = this.intents.entry(params.payment_intent, 'payment_intent', 400);
    if (intent.status !== 'succeeded')
      throw ErrorResponse.of(400, `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
    const left = intent.amount_received - moved.disputed - this.given(intent.id);
    if (moved.disputed > 0 && left === 0)
      throw ErrorResponse.of(400, 'The charge is disputed.', { code: 'charge_disputed' });
    if (left === 0)
      throw ErrorResponse.of(400, 'The charge has already been refunded.', { code: 'charge_already_refunded' });
    const amount = params.amount ?? left;
    if (amount > left)
      throw ErrorResponse.of(400, `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
        param: 'amount',
      });
    const refund = refundOf(intent, amount, params);
    this.refunds.push(refund);
    if (behaviour.refunds === 'settle') refund.status = 'pending';
    else moved.refunded += amount;
    return refund;
  }

  /** Newest first. */
  of(intent: string): Stripe.Refund[] {
    return this.refunds.filter(({ payment_intent }) => payment_intent === intent).reverse();
  }

  /** Completes pending refunds: they succeed, or fail after all (docs.stripe.com/refunds#failed-refunds). */
  settle(intent: string): void {
    const { moved, behaviour } = this.intents.entry(intent);
    for (const refund of this.of(intent)) {
      if (refund.status === 'pending') {
        refund.status = 'succeeded';
        moved.refunded += refund.amount;
      } else if (behaviour.refunds === 'bounce' && refund.status === 'succeeded') {
        Object.assign(refund, { status: 'failed', failure_reason: 'expired_or_canceled_card' });
        moved.refunded -= refund.amount;
      }
    }
  }

  private given(intent: string): number {
    return this.of(intent)
      .filter(({ status }) => status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0);
  }
}

function refundOf(
  intent: Stripe.PaymentIntent,
  amount: number,
  { reason, metadata }: Stripe.RefundCreateParams,
): Stripe.Refund {
  return {
    id: `re_${randomUUID().replaceAll('-', '')}`,
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: intent.latest_charge,
    created: Math.floor(Date.now() / 1000),
    currency: intent.currency,
    customer: intent.customer,
    customer_account: null,
    metadata: Object.fromEntries(Object.entries(metadata || {}).map(([key, value]) => [key, String(value)])),
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    reason: reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
}

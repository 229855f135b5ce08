import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import type { Intents } from './intents.js';

/** The fields of a dispute that the provider reads. */
type Dispute = Pick<
  Stripe.Dispute,
  'id' | 'object' | 'amount' | 'charge' | 'created' | 'currency' | 'metadata' | 'payment_intent' | 'reason'
> & {
  status: Stripe.Dispute.Status;
};

/**
 * Disputes of the PaymentIntents (docs.stripe.com/disputes/how-disputes-work): Stripe takes the money when one begins.
 */
export class Disputes {
  private readonly disputes: Dispute[] = [];

  constructor(private readonly intents: Intents) {}

  open(
    intentId: string,
    { amount, status = 'needs_response' }: { amount?: number; status?: Stripe.Dispute.Status } = {},
  ): Dispute {
    const { intent, moved } = this.intents.entry(intentId);
    const dispute: Dispute = {
      id: `dp_${randomUUID().replaceAll('-', '')}`,
      object: 'dispute',
      amount: amount ?? intent.amount_received - moved.disputed,
      charge: intent.latest_charge as string,
      created: Math.floor(Date.now() / 1000),
      currency: intent.currency,
      metadata: {},
      payment_intent: intent.id,
      reason: 'fraudulent',
      status,
    };
    this.disputes.push(dispute);
    moved.disputed += dispute.amount;
    return dispute;
  }

  /** The bank accepts our evidence. */
  win(intentId: string): void {
    const { moved } = this.intents.entry(intentId);
    for (const dispute of this.of(intentId).filter(({ status }) => status !== 'won')) {
      dispute.status = 'won';
      moved.disputed -= dispute.amount;
    }
  }

  /** Newest first. */
  of(intentId: string): Dispute[] {
    return this.disputes.filter(({ payment_intent }) => payment_intent === intentId).reverse();
  }
}

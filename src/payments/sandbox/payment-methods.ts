import type { DeclineCode } from '../payment-provider.js';

const FOR_EVER = 1_000_000;

/** What the sandbox does with a payment method. */
export type Script =
  | { does: 'charge'; takesMs?: number }
  | { does: 'decline'; code: DeclineCode }
  /** Is busy for the first `times` requests under a key. */
  | { does: 'refuse'; times: number }
  /** Acts on the first request under a key, and its answer never arrives. */
  | { does: 'lose'; outcome: 'charged' | 'declined' };

interface PaymentMethod {
  script: Script;
  summary: string;
}

const declines = (code: DeclineCode, summary: string): PaymentMethod => ({ script: { does: 'decline', code }, summary });

/** The cards by their names in Stripe's test mode (docs.stripe.com/testing), the faults by names of our own. */
export const PAYMENT_METHODS: Readonly<Record<string, PaymentMethod>> = {
  pm_card_visa: { script: { does: 'charge' }, summary: 'Is paid' },
  pm_card_visa_chargeDeclined: declines('card_declined', 'Is declined'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declines('insufficient_funds', 'Is declined: insufficient funds'),
  pm_card_chargeDeclinedExpiredCard: declines('expired_card', 'Is declined: the card has expired'),
  pm_card_chargeDeclinedIncorrectCvc: declines('incorrect_cvc', 'Is declined: wrong security code'),
  pm_card_chargeDeclinedProcessingError: declines('processing_error', 'Is declined: the bank could not process it'),
  pm_sandbox_slow: { script: { does: 'charge', takesMs: 5000 }, summary: 'Is paid, after five seconds' },
  pm_sandbox_unavailable_twice: {
    script: { does: 'refuse', times: 2 },
    summary: 'Is paid at the third try: the provider is unavailable twice',
  },
  pm_sandbox_unavailable: {
    script: { does: 'refuse', times: FOR_EVER },
    summary: 'Fails after the last try: the provider stays unavailable',
  },
  pm_sandbox_charged_answer_lost: {
    script: { does: 'lose', outcome: 'charged' },
    summary: 'The answer is lost; the look-up finds it paid',
  },
  pm_sandbox_not_charged_answer_lost: {
    script: { does: 'lose', outcome: 'declined' },
    summary: 'The answer is lost; the look-up finds it not charged',
  },
};

export const SANDBOX_EXAMPLES = Object.fromEntries(Object.entries(PAYMENT_METHODS).map(([name, { summary }]) => [name, summary]));

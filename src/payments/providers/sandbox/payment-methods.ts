import type { DeclineCode } from '../declines.js';
import { SECONDS } from '../../../time/durations.js';

const FOR_EVER = 1_000_000;

/** What the sandbox does with a payment method. */
export type Script =
  | { does: 'charge'; takesMs?: number; refundsFail?: true }
  | { does: 'decline'; code: DeclineCode }
  /** Is busy for the first `times` requests under a key. */
  | { does: 'refuse'; times: number }
  /** Acts on the first request under a key, and loses its answer. */
  | { does: 'lose'; outcome: 'charged' | 'declined' }
  /** The first request under a key never arrives. */
  | { does: 'lose_request' }
  /** Asks the customer; `lies`: takes the money some time after it was canceled. */
  | { does: 'ask'; on: 'page' | 'shop'; lies?: true }
  /** Completes after `afterMs`. */
  | { does: 'complete_later'; afterMs: number };

interface PaymentMethod {
  script: Script;
  summary: string;
}

const declines = (code: DeclineCode, summary: string): PaymentMethod => ({
  script: { does: 'decline', code },
  summary,
});

/** Cards by their names in Stripe's test mode (docs.stripe.com/testing), faults by names of the sandbox. */
export const PAYMENT_METHODS: Readonly<Record<string, PaymentMethod>> = {
  pm_card_visa: { script: { does: 'charge' }, summary: 'Is paid' },
  pm_card_authenticationRequired: {
    script: { does: 'ask', on: 'page' },
    summary: 'The customer must approve on a page of the bank: nextAction says where',
  },
  pm_card_visa_chargeDeclined: declines('card_declined', 'Is declined'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declines('insufficient_funds', 'Is declined: insufficient funds'),
  pm_card_chargeDeclinedExpiredCard: declines('expired_card', 'Is declined: the card has expired'),
  pm_card_chargeDeclinedIncorrectCvc: declines('incorrect_cvc', 'Is declined: wrong security code'),
  pm_card_chargeDeclinedProcessingError: declines('processing_error', 'Is declined: the bank could not process it'),
  pm_sandbox_confirm: {
    script: { does: 'ask', on: 'shop' },
    summary: 'The customer must confirm within the shop’s page: nextAction has what its script needs',
  },
  pm_sandbox_slow: { script: { does: 'charge', takesMs: 5 * SECONDS }, summary: 'Is paid, after five seconds' },
  pm_sandbox_pending: {
    script: { does: 'complete_later', afterMs: 3 * SECONDS },
    summary: 'Is pending at the bank, and paid after three seconds',
  },
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
  pm_sandbox_lost_request: {
    script: { does: 'lose_request' },
    summary: 'The request is lost; the look-up finds nothing, and it is sent again',
  },
  pm_sandbox_canceled_yet_charged: {
    script: { does: 'ask', on: 'page', lies: true },
    summary: 'The customer must approve; cancel it, and a second later the money is taken all the same, and reversed',
  },
  pm_sandbox_refund_fails: {
    script: { does: 'charge', refundsFail: true },
    summary: 'Is paid; every refund of it is declined',
  },
};

export const scriptOf = (paymentMethod: string): Script =>
  PAYMENT_METHODS[paymentMethod]?.script ?? { does: 'decline', code: 'payment_method_unknown' };

export const SANDBOX_EXAMPLES = Object.fromEntries(
  Object.entries(PAYMENT_METHODS).map(([name, { summary }]) => [name, summary]),
);

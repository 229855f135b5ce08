import type { Fault } from './faults.js';

/** The behavior of a test card's bank. `refunds`: how a pending refund ends. */
export interface Behaviour {
  does: 'pay' | 'ask' | 'process' | 'decline';
  code?: 'card_declined' | 'expired_card' | 'incorrect_cvc' | 'processing_error';
  declineCode?: string;
  refunds?: 'settle' | 'bounce';
  /** The fault of the first `times` requests under a key that charge it. */
  fault?: { times: number; fault: Fault };
}

const declines = (declineCode: string): Behaviour => ({ does: 'decline', code: 'card_declined', declineCode });
/** A decline without a decline_code. */
const fails = (code: Behaviour['code']): Behaviour => ({ does: 'decline', code });

/** Cards by their names at Stripe (docs.stripe.com/testing), and cards with faults by names of our own. */
export const PAYMENT_METHODS: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: { does: 'pay' },
  pm_card_mastercard: { does: 'pay' },
  pm_card_visa_chargeDeclined: declines('generic_decline'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declines('insufficient_funds'),
  pm_card_visa_chargeDeclinedLostCard: declines('lost_card'),
  pm_card_visa_chargeDeclinedStolenCard: declines('stolen_card'),
  pm_card_visa_chargeDeclinedVelocityLimitExceeded: declines('card_velocity_exceeded'),
  pm_card_chargeDeclinedExpiredCard: fails('expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: fails('incorrect_cvc'),
  pm_card_chargeDeclinedProcessingError: fails('processing_error'),
  pm_card_authenticationRequired: { does: 'ask' },
  pm_card_threeDSecure2Required: { does: 'ask' },
  pm_card_pendingRefund: { does: 'pay', refunds: 'settle' },
  pm_card_refundFail: { does: 'pay', refunds: 'bounce' },
  pm_double_processing: { does: 'process' },
  pm_double_charged_answer_lost: { does: 'pay', fault: { times: 1, fault: { type: 'cut', when: 'after' } } },
  pm_double_declined_answer_lost: {
    ...declines('generic_decline'),
    fault: { times: 1, fault: { type: 'cut', when: 'after' } },
  },
  pm_double_never_arrives: { does: 'pay', fault: { times: 1, fault: { type: 'cut', when: 'before' } } },
  pm_double_busy: { does: 'pay', fault: { times: Infinity, fault: { type: 'answered', status: 429, when: 'before' } } },
  pm_double_busy_twice: { does: 'pay', fault: { times: 2, fault: { type: 'answered', status: 429, when: 'before' } } },
};

import { StripeProvider } from '../../src/payments/providers/stripe/stripe.provider.js';
import { HeldClock } from '../support/held-clock.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import type { Fault } from '../support/stripe-double/faults.js';
import { forgedByHeader } from './forged-signatures.js';
import { CHARGED_TO_CARDS, NOT_CHARGED_TO_CARDS } from './provider-money.js';
import type { ProviderMethods, ProviderUnderTest, WireFault } from './provider-under-test.js';

const FAULTS: Record<WireFault, Fault> = {
  cut: { type: 'cut', when: 'after' },
  error_500: { type: 'answered', status: 500, when: 'after' },
  garbage: { type: 'garbled', into: 'garbage', when: 'after' },
  empty: { type: 'garbled', into: 'empty', when: 'after' },
  strange_status: { type: 'garbled', into: 'strange_status', when: 'after' },
};

/** A look-up changes nothing, so it fails only before it is executed. */
const ASKING_500: Fault = { type: 'answered', status: 500, when: 'before' };

export const STRIPE_METHODS: ProviderMethods = {
  charged: 'pm_card_visa',
  declined: {
    pm_card_visa_chargeDeclined: 'card_declined',
    pm_card_visa_chargeDeclinedInsufficientFunds: 'insufficient_funds',
    pm_card_visa_chargeDeclinedVelocityLimitExceeded: 'limit_exceeded',
    pm_card_chargeDeclinedExpiredCard: 'expired_card',
    pm_card_chargeDeclinedIncorrectCvc: 'incorrect_cvc',
    pm_card_chargeDeclinedProcessingError: 'processing_error',
  },
  unknown: 'pm_card_of_nobody',
  chargedAnswerLost: 'pm_double_charged_answer_lost',
  notChargedAnswerLost: 'pm_double_declined_answer_lost',
  neverArrived: 'pm_double_never_arrives',
  unavailable: 'pm_double_busy',
  unavailableAtFirst: 'pm_double_busy_twice',
  actionRequired: 'pm_card_authenticationRequired',
  pending: 'pm_double_processing',
  unknownCharge: 'pi_of_nobody',
  requests: {
    charge: ['POST /v1/payment_intents'],
    capture: ['POST /v1/payment_intents/'],
    void: ['POST /v1/payment_intents/'],
    cancel: ['POST /v1/payment_intents/'],
    cancelUnarrived: ['GET /v1/payment_intents', 'POST /v1/payment_intents', 'POST /v1/payment_intents/'],
    refund: ['POST /v1/refunds'],
    lookUp: ['GET '],
    inspect: ['GET /v1/payment_intents/', 'GET /v1/refunds', 'GET /v1/disputes'],
  },
  takes: CHARGED_TO_CARDS,
  refuses: NOT_CHARGED_TO_CARDS,
};

export async function startStripe(): Promise<ProviderUnderTest> {
  const double = await StripeDouble.start();
  const { secretKey, webhookSecret, url: apiBase } = double;
  const secrets = ['whsec_to_come', webhookSecret];
  const clock = new HeldClock();
  return {
    provider: new StripeProvider({ secretKey, webhookSecrets: secrets, apiBase, timeoutMs: 30_000 }, clock),
    clock,
    books: async (chargeKey) => double.books(chargeKey),
    answerCustomer: async (chargeKey, answer) => double.answerCustomer(chargeKey, answer),
    completePending: async (chargeKey) => double.completePending(chargeKey),
    payAgain: async (chargeKey) => double.payAgain(chargeKey),
    forgetKeys: () => {
      double.kept.forget();
      double.searchLagMs = 0;
    },
    actInDashboard: async (chargeKey, act, amount) => double.actInDashboard(chargeKey, act, amount),
    misbehave: (request, fault) =>
      double.faults.plan(request, request.startsWith('GET') && fault === 'error_500' ? ASKING_500 : FAULTS[fault]),
    webhooks: {
      about: async (chargeKey) => double.webhookAbout(chargeKey),
      secrets,
      signed: (body, signing) => double.signed(body, signing),
      forged: ({ body, headers: { 'stripe-signature': signature = '' } }) =>
        forgedByHeader(body, 'stripe-signature', signature),
    },
    stop: () => double.stop(),
  };
}

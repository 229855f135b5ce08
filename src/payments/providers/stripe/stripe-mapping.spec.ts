import Stripe from 'stripe';
import { RetryableError, TerminalError } from '../../../operations/kinds/outcome.js';
import { type DeclineCode, DECLINES } from '../declines.js';
import {
  type Call,
  captureLookUp,
  chargeAnswer,
  errorAnswer,
  lookUpErrorAnswer,
  METADATA,
  refundAnswer,
  releaseLookUp,
} from './stripe-mapping.js';

const KEY = 'key-of-the-call';
const CALLS: Call[] = ['charge', 'capture', 'void', 'cancel', 'refund'];

/** A PaymentIntent with the fields that the provider reads. */
function intent(more: Partial<Stripe.PaymentIntent>): Stripe.PaymentIntent {
  const fields: Partial<Stripe.PaymentIntent> = {
    id: 'pi_1',
    currency: 'eur',
    amount: 1999,
    amount_received: 0,
    amount_capturable: 0,
    client_secret: 'pi_1_secret_x',
    last_payment_error: null,
    next_action: null,
    cancellation_reason: null,
    metadata: {},
  };
  return { ...fields, ...more } as Stripe.PaymentIntent;
}

const refund = (more: Partial<Stripe.Refund>) =>
  ({ id: 're_1', amount: 700, currency: 'eur', ...more }) as Stripe.Refund;

const error = (statusCode: number, more: object = {}) =>
  Stripe.errors.generateV1Error({ type: 'invalid_request_error', message: 'No.', statusCode, ...more } as never);

const lastError = (code: string, decline_code?: string) =>
  ({ type: 'card_error', code, ...(decline_code && { decline_code }) }) as Stripe.PaymentIntent.LastPaymentError;

const succeeded = (reference: string, amount: number) => ({ type: 'succeeded', reference, amount, currency: 'EUR' });
const unknown = (reason: string) => ({ type: 'unknown', reason });
const declined = (code: DeclineCode, providerCode: string | null = null) => ({ type: 'declined', code, providerCode });
const payable = (code: DeclineCode, providerCode: string) => ({
  ...declined(code, providerCode),
  reference: 'pi_1',
  payable: true,
});
const confirm = { type: 'confirm', clientData: { provider: 'stripe', clientSecret: 'pi_1_secret_x' } };
const redirect = { type: 'redirect_to_url', redirect_to_url: { url: 'https://bank.example', return_url: null } };

describe('a charge, by the status of its PaymentIntent', () => {
  test.each<[string, Partial<Stripe.PaymentIntent>, object]>([
    ['succeeded', { amount_received: 1999 }, { ...succeeded('pi_1', 1999), captured: true }],
    ['requires_capture', { amount_capturable: 1999 }, { ...succeeded('pi_1', 1999), captured: false }],
    ['processing', {}, { type: 'pending', reference: 'pi_1' }],
    [
      'requires_action',
      { next_action: redirect },
      { type: 'action_required', reference: 'pi_1', nextAction: { type: 'redirect', url: 'https://bank.example' } },
    ],
    [
      'requires_action',
      { next_action: { type: 'use_stripe_sdk' } },
      { type: 'action_required', reference: 'pi_1', nextAction: confirm },
    ],
    [
      'requires_action',
      { next_action: { type: 'something_of_next_year' } },
      { type: 'action_required', reference: 'pi_1', nextAction: confirm },
    ],
    ['requires_action', { next_action: { type: 'use_stripe_sdk' }, client_secret: null }, unknown('action_unknown')],
    ['requires_action', {}, unknown('action_unknown')],
    [
      'requires_payment_method',
      { last_payment_error: lastError('payment_intent_authentication_failure') },
      payable('authentication_failed', 'payment_intent_authentication_failure'),
    ],
    [
      'requires_payment_method',
      { last_payment_error: lastError('card_declined', 'insufficient_funds') },
      payable('insufficient_funds', 'insufficient_funds'),
    ],
    [
      'canceled',
      { last_payment_error: lastError('card_declined', 'lost_card') },
      { ...declined('card_declined', 'lost_card'), reference: 'pi_1' },
    ],
    ['requires_payment_method', {}, unknown('status_unexpected')],
    ['requires_confirmation', {}, unknown('status_unknown')],
    ['canceled', { cancellation_reason: 'expired' }, declined('canceled_at_provider', 'expired')],
    ['something_of_next_year', {}, unknown('status_unknown')],
  ])('%s %j', (status, more, answer) => {
    expect(chargeAnswer(intent({ status, ...more }))).toEqual(answer);
  });

  test('is in ISO 4217’s unit', () => {
    expect(chargeAnswer(intent({ status: 'succeeded', currency: 'isk', amount_received: 150_000 }))).toMatchObject({
      amount: 1500,
    });
  });
});

describe('a capture, by the status of its PaymentIntent', () => {
  const ours = { metadata: { [METADATA.captureKey]: KEY } };
  test.each<[string, Partial<Stripe.PaymentIntent>, object]>([
    ['succeeded', { amount_received: 1500, ...ours }, succeeded('pi_1', 1500)],
    ['succeeded', { amount_received: 1500 }, declined('already_captured')],
    ['canceled', { cancellation_reason: 'automatic' }, declined('authorization_gone', 'automatic')],
    ['processing', {}, { type: 'pending', reference: 'pi_1' }],
    ['requires_capture', {}, { type: 'never_arrived' }],
    ['requires_action', {}, { type: 'never_arrived' }],
    ['something_of_next_year', ours, unknown('status_unknown')],
  ])('%s %j', (status, more, answer) => {
    expect(captureLookUp(intent({ status, ...more }), KEY)).toEqual(answer);
  });
});

describe('a void or a cancel, by the status of its PaymentIntent', () => {
  test.each<[string, object]>([
    ['canceled', succeeded('pi_1', 1999)],
    ['succeeded', declined('too_late')],
    ['processing', { type: 'pending', reference: 'pi_1' }],
    ['requires_capture', { type: 'never_arrived' }],
    ['requires_action', { type: 'never_arrived' }],
    ['requires_confirmation', { type: 'never_arrived' }],
    ['requires_payment_method', { type: 'never_arrived' }],
    ['something_of_next_year', unknown('status_unknown')],
  ])('%s', (status, answer) => {
    expect(releaseLookUp(intent({ status }), 'too_late')).toEqual(answer);
  });
});

describe('a refund, by its status', () => {
  test.each<[string | null, object, object]>([
    ['succeeded', {}, succeeded('re_1', 700)],
    ['pending', {}, { type: 'pending', reference: 're_1' }],
    ['requires_action', {}, { type: 'pending', reference: 're_1' }],
    ['failed', { failure_reason: 'lost_or_stolen_card' }, declined('refund_failed', 'lost_or_stolen_card')],
    ['canceled', {}, declined('refund_failed', 'canceled')],
    [null, {}, unknown('status_unknown')],
    ['something_of_next_year', {}, unknown('status_unknown')],
  ])('%s %j', (status, more, answer) => {
    expect(refundAnswer(refund({ status, ...more }))).toEqual(answer);
  });
});

/** All of docs.stripe.com/declines/codes. */
const DECLINE_CODES: Record<string, DeclineCode> = {
  approve_with_id: 'processing_error',
  authentication_not_handled: 'authentication_required',
  authentication_required: 'authentication_required',
  call_issuer: 'card_declined',
  card_not_supported: 'card_not_supported',
  card_velocity_exceeded: 'limit_exceeded',
  currency_not_supported: 'currency_not_supported',
  do_not_honor: 'card_declined',
  do_not_try_again: 'card_declined',
  duplicate_transaction: 'card_declined',
  expired_card: 'expired_card',
  fraudulent: 'card_declined',
  generic_decline: 'card_declined',
  incorrect_address: 'incorrect_card_details',
  incorrect_cvc: 'incorrect_cvc',
  incorrect_number: 'incorrect_card_details',
  incorrect_pin: 'incorrect_card_details',
  incorrect_zip: 'incorrect_card_details',
  insufficient_funds: 'insufficient_funds',
  invalid_account: 'payment_method_unusable',
  invalid_amount: 'amount_not_accepted',
  invalid_cvc: 'incorrect_cvc',
  invalid_expiry_month: 'incorrect_card_details',
  invalid_expiry_year: 'incorrect_card_details',
  invalid_number: 'incorrect_card_details',
  invalid_pin: 'incorrect_card_details',
  issuer_not_available: 'processing_error',
  lost_card: 'card_declined',
  merchant_blacklist: 'card_declined',
  mobile_device_authentication_required: 'authentication_required',
  new_account_information_available: 'payment_method_unusable',
  no_action_taken: 'card_declined',
  not_permitted: 'card_declined',
  offline_pin_required: 'card_declined',
  online_or_offline_pin_required: 'card_declined',
  pickup_card: 'card_declined',
  pin_try_exceeded: 'card_declined',
  processing_error: 'processing_error',
  reenter_transaction: 'processing_error',
  restricted_card: 'card_declined',
  revocation_of_all_authorizations: 'card_declined',
  revocation_of_authorization: 'card_declined',
  security_violation: 'card_declined',
  service_not_allowed: 'card_declined',
  stolen_card: 'card_declined',
  stop_payment_order: 'card_declined',
  testmode_decline: 'card_declined',
  transaction_not_allowed: 'card_declined',
  try_again_later: 'processing_error',
  withdrawal_count_limit_exceeded: 'limit_exceeded',
  something_of_next_year: 'card_declined',
};

describe('a decline', () => {
  test.each(Object.entries(DECLINE_CODES))('by its decline_code: %s is %s', (decline_code, code) => {
    const answer = declined(code, decline_code);
    expect(errorAnswer(error(402, { type: 'card_error', code: 'card_declined', decline_code }), 'charge')).toEqual(
      answer,
    );
    const last_payment_error = lastError('card_declined', decline_code);
    expect(chargeAnswer(intent({ status: 'requires_payment_method', last_payment_error }))).toEqual({
      ...answer,
      reference: 'pi_1',
      payable: true,
    });
  });

  test.each<[string, object]>([
    ['requires_payment_method', { reference: 'pi_2', payable: true }],
    ['canceled', { reference: 'pi_2' }],
  ])('names the PaymentIntent that an error left behind, and whether it can be paid: %s', (status, left) => {
    const declinedError = error(402, {
      type: 'card_error',
      code: 'card_declined',
      payment_intent: { id: 'pi_2', status },
    });
    expect(errorAnswer(declinedError, 'charge')).toEqual({ ...declined('card_declined', 'card_declined'), ...left });
  });

  test.each<[string, DeclineCode]>([
    ['card_declined', 'card_declined'],
    ['card_decline_rate_limit_exceeded', 'card_declined'],
    ['expired_card', 'expired_card'],
    ['incorrect_cvc', 'incorrect_cvc'],
    ['payment_intent_authentication_failure', 'authentication_failed'],
    ['payment_intent_payment_attempt_expired', 'authentication_failed'],
    ['payment_method_customer_decline', 'authentication_failed'],
    ['payment_method_provider_decline', 'card_declined'],
    ['debit_not_authorized', 'payment_method_unusable'],
    ['something_of_next_year', 'card_declined'],
  ])('without a decline_code, by its code: %s is %s', (code, ours) => {
    expect(errorAnswer(error(402, { type: 'card_error', code }), 'charge')).toEqual(declined(ours, code));
  });

  test('by the code where the decline_code only says that it was one', () => {
    const both = { code: 'payment_intent_authentication_failure', decline_code: 'generic_decline' };
    expect(errorAnswer(error(402, both), 'charge')).toMatchObject({ code: 'authentication_failed' });
  });

  test('is a decline even if Stripe gives no reason', () => {
    expect(errorAnswer(error(402), 'charge')).toEqual(declined('card_declined'));
  });

  test('is retryable only if the same request may succeed later', () => {
    expect(DECLINES[DECLINE_CODES.do_not_try_again!]).toMatchObject({ retryable: false });
    expect(DECLINES[DECLINE_CODES.try_again_later!]).toMatchObject({ retryable: true });
  });
});

describe('what Stripe refuses', () => {
  test.each<[Call, object, DeclineCode]>([
    ['charge', { code: 'resource_missing', param: 'payment_method' }, 'payment_method_unknown'],
    ['charge', { code: 'payment_method_unactivated', param: 'payment_method' }, 'payment_method_unusable'],
    ['charge', { code: 'payment_intent_incompatible_payment_method' }, 'payment_method_unusable'],
    ['charge', { code: 'amount_too_small', param: 'amount' }, 'amount_not_accepted'],
    ['charge', { code: 'amount_too_large', param: 'amount' }, 'amount_not_accepted'],
    ['charge', { param: 'amount' }, 'amount_not_accepted'],
    ['charge', { param: 'currency' }, 'currency_not_supported'],
    ['capture', { code: 'charge_already_captured' }, 'already_captured'],
    ['capture', { code: 'charge_expired_for_capture' }, 'authorization_gone'],
    ['capture', { code: 'capture_charge_authorization_expired' }, 'authorization_gone'],
    ['capture', { code: 'amount_too_large', param: 'amount_to_capture' }, 'amount_too_large'],
    ['capture', { param: 'amount_to_capture' }, 'amount_too_large'],
    ['capture', { code: 'amount_too_small', param: 'amount_to_capture' }, 'amount_not_accepted'],
    ['refund', { code: 'charge_already_refunded' }, 'already_refunded'],
    ['refund', { code: 'amount_too_large', param: 'amount' }, 'amount_too_large'],
    ['refund', { param: 'amount' }, 'amount_too_large'],
    ['refund', { code: 'charge_disputed' }, 'refund_failed'],
    ['refund', { code: 'refund_disputed_payment' }, 'refund_failed'],
    ['refund', { code: 'charge_not_refundable' }, 'refund_failed'],
    ['refund', { code: 'balance_insufficient' }, 'refund_failed'],
  ])('is a decline if our list has it: %s %j is %s', (call, body: { code?: string }, code) => {
    expect(errorAnswer(error(400, body), call)).toEqual(declined(code, body.code ?? null));
  });

  test.each<[Call, object]>([
    ['charge', { code: 'resource_missing', param: 'customer' }],
    ['charge', { code: 'parameter_unknown', param: 'colour' }],
    ['capture', { code: 'resource_missing', param: 'intent' }],
    ['void', { code: 'amount_too_large' }],
    ['cancel', {}],
    ['refund', { code: 'resource_missing', param: 'payment_intent' }],
  ])('has failed for good otherwise: %s %j', (call, body) => {
    expect(() => errorAnswer(error(400, body), call)).toThrow(TerminalError);
    expect(() => errorAnswer(error(404, body), call)).toThrow(TerminalError);
  });

  test.each([400, 401, 403, 429])(
    'does not show clients Stripe’s message, which may describe our account: %d',
    (status) => {
      const thrown = error(status, { message: 'Invalid API Key provided: sk_live_****1234', requestId: 'req_1' });
      expect(() => errorAnswer(thrown, 'void')).toThrow(
        /^Stripe (does not let us do this, request req_1|refuses the void, request req_1|is busy)\.$/,
      );
    },
  );

  test.each([401, 403])('has failed for good if our key lacks the permission: %d', (status) => {
    expect(() => errorAnswer(error(status), 'charge')).toThrow(TerminalError);
  });
});

describe.each(CALLS)('an error that says nothing about the %s', (call) => {
  test.each<[string, Stripe.errors.StripeError, string]>([
    ['a key that is in use', error(409, { code: 'idempotency_key_in_use' }), 'key_in_use'],
    ['a key that stands for something else', error(400, { type: 'idempotency_error' }), 'key_used_for_another'],
    ['500', error(500, { type: 'api_error' }), 'provider_error'],
    ['502', error(502, { type: 'api_error' }), 'provider_error'],
    ['503', error(503, { type: 'api_error' }), 'provider_error'],
    ['a failure of a third party', error(424, { type: 'api_error' }), 'provider_error'],
    ['an answer that is not JSON', new Stripe.errors.StripeAPIError({ message: 'Invalid JSON' }), 'provider_error'],
    ['a time-out', connectionError('ETIMEDOUT'), 'answer_lost'],
    ['a reset', connectionError('ECONNRESET'), 'answer_lost'],
    ['a broken pipe', connectionError('EPIPE'), 'answer_lost'],
    ['a socket that was closed', connectionError('UND_ERR_SOCKET'), 'answer_lost'],
    ['an answer that breaks off', connectionError(undefined), 'answer_lost'],
    ['an unreachable network, which may have been reached before', connectionError('ENETUNREACH'), 'answer_lost'],
  ])('is unknown: %s', (_, thrown, reason) => {
    expect(errorAnswer(thrown, call)).toMatchObject(unknown(reason));
  });

  test.each<[string, Stripe.errors.StripeError]>([
    ['no server listens', connectionError('ECONNREFUSED')],
    ['the name is not found', connectionError('ENOTFOUND')],
    ['the name server is away', connectionError('EAI_AGAIN')],
    ['no server answers the connection', connectionError('UND_ERR_CONNECT_TIMEOUT')],
    ['the certificate is another’s', connectionError('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['the certificate has expired', connectionError('CERT_HAS_EXPIRED')],
    ['too many requests', error(429, { code: 'rate_limit' })],
    ['too many requests, as 400', error(400, { code: 'rate_limit' })],
    ['a lock that another holds', error(429, { code: 'lock_timeout' })],
  ])('may pass, and nothing was done: %s', (_, thrown) => {
    expect(() => errorAnswer(thrown, call)).toThrow(RetryableError);
    expect(() => lookUpErrorAnswer(thrown)).toThrow(RetryableError);
  });

  test('is rethrown if it is not Stripe’s', () => {
    expect(() => errorAnswer(new TypeError('ours'), call)).toThrow(TypeError);
    expect(() => lookUpErrorAnswer(new TypeError('ours'))).toThrow(TypeError);
  });
});

test.each([400, 401, 402, 403, 404, 409, 500])(
  'a look-up that is answered with %d leaves the outcome unknown',
  (status) => {
    expect(lookUpErrorAnswer(error(status, { code: 'resource_missing', param: 'payment_method' }))).toMatchObject(
      unknown('look_up_failed'),
    );
  },
);

/** An error of fetch as the library wraps it. */
function connectionError(code: string | undefined): Stripe.errors.StripeConnectionError {
  const cause = Object.assign(new Error('of the network'), code && { code });
  const detail = code === 'ETIMEDOUT' ? cause : new TypeError('fetch failed', { cause });
  return new Stripe.errors.StripeConnectionError({
    message: 'An error occurred with our connection to Stripe.',
    detail,
  });
}

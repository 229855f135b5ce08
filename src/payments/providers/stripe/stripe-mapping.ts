import Stripe from 'stripe';
import { type Because, RetryableError, TerminalError } from '../../../operations/kinds/outcome.js';
import type { DeclineCode } from '../declines.js';
import type { Declined, ProviderAnswer, ProviderLookUp, Succeeded, Unknown } from '../payment-provider.js';
import { declineCodeOf } from './stripe-declines.js';
import { fromStripe } from './stripe-money.js';

/** The metadata keys of our own values in Stripe's objects. */
export const METADATA = {
  operation: 'outcome_operation',
  key: 'outcome_key',
  captureKey: 'outcome_capture_key',
  reason: 'reason',
} as const;

export type Call = 'charge' | 'capture' | 'void' | 'cancel' | 'refund';

const unknown = (reason: string, more: Partial<Unknown> = {}): Unknown => ({ type: 'unknown', reason, ...more });
const neverArrived = { type: 'never_arrived' } as const;
const succeeded = (reference: string, amount: number, currency: string): Succeeded => ({
  type: 'succeeded',
  reference,
  amount: fromStripe(amount, currency),
  currency: currency.toUpperCase(),
});
const declined = (code: DeclineCode, providerCode: string | null = null): Declined => ({
  type: 'declined',
  code,
  providerCode,
});

/** The answer of a PaymentIntent about its charge (docs.stripe.com/payments/paymentintents/lifecycle). */
export function chargeAnswer(intent: Stripe.PaymentIntent): ProviderAnswer {
  const { id: reference, status, currency } = intent;
  switch (status) {
    case 'succeeded':
      return { ...succeeded(reference, intent.amount_received, currency), captured: true };
    case 'requires_capture':
      return { ...succeeded(reference, intent.amount_capturable, currency), captured: false };
    case 'processing':
      return { type: 'pending', reference };
    case 'requires_action':
      return actionAnswer(intent);
    case 'requires_payment_method':
      return intent.last_payment_error
        ? { ...declineOf(intent.last_payment_error), reference, payable: true }
        : unknown('status_unexpected');
    case 'canceled':
      if (intent.last_payment_error) return { ...declineOf(intent.last_payment_error), reference };
      return declined('canceled_at_provider', intent.cancellation_reason);
    default:
      return unknown('status_unknown');
  }
}

function actionAnswer({ id: reference, next_action, client_secret }: Stripe.PaymentIntent): ProviderAnswer {
  const url = next_action?.redirect_to_url?.url;
  if (url) return { type: 'action_required', reference, nextAction: { type: 'redirect', url } };
  if (!next_action || !client_secret) return unknown('action_unknown');
  // Stripe's script finds the kind of action through the secret
  // (docs.stripe.com/js/payment_intents/handle_next_action).
  const clientData = { provider: 'stripe', clientSecret: client_secret };
  return { type: 'action_required', reference, nextAction: { type: 'confirm', clientData } };
}

/** The answer of a PaymentIntent about the capture under the key. */
export function captureLookUp(intent: Stripe.PaymentIntent, idempotencyKey: string): ProviderLookUp {
  const { id: reference, status, currency } = intent;
  switch (status) {
    case 'succeeded':
      return intent.metadata[METADATA.captureKey] === idempotencyKey
        ? succeeded(reference, intent.amount_received, currency)
        : declined('already_captured');
    case 'canceled':
      return declined('authorization_gone', intent.cancellation_reason);
    case 'processing':
      return { type: 'pending', reference };
    default:
      return waitsStill(status);
  }
}

/** The answer of a PaymentIntent about a void or a cancel; `tooLate`: the decline if the money is captured. */
export function releaseLookUp(intent: Stripe.PaymentIntent, tooLate: DeclineCode): ProviderLookUp {
  const { id: reference, status, currency } = intent;
  switch (status) {
    case 'canceled':
      return succeeded(reference, intent.amount, currency);
    case 'succeeded':
      return declined(tooLate);
    case 'processing':
      return { type: 'pending', reference };
    default:
      return waitsStill(status);
  }
}

const WAITING = new Set<string>([
  'requires_action',
  'requires_capture',
  'requires_confirmation',
  'requires_payment_method',
]);

const waitsStill = (status: string): ProviderLookUp => (WAITING.has(status) ? neverArrived : unknown('status_unknown'));

/**
 * docs.stripe.com/refunds#failed-refunds; a refund that `requires_action` waits for the customer to give Stripe a bank
 * account.
 */
export function refundAnswer({
  id: reference,
  status,
  amount,
  currency,
  failure_reason,
}: Stripe.Refund): ProviderAnswer {
  switch (status) {
    case 'succeeded':
      return succeeded(reference, amount, currency);
    case 'pending':
    case 'requires_action':
      return { type: 'pending', reference };
    case 'failed':
    case 'canceled':
      return declined('refund_failed', failure_reason ?? status);
    default:
      return unknown('status_unknown');
  }
}

/**
 * The answer of an error about its call: unknown unless Stripe has surely refused it (docs.stripe.com/error-low-level).
 * @throws RetryableError, TerminalError
 */
export function errorAnswer(error: unknown, call: Call): ProviderAnswer {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  throwIfItMayPass(error);
  if (error instanceof Stripe.errors.StripeConnectionError) return unknown('answer_lost', said(error));
  // Stripe did something else under this key, possibly a charge.
  if (error instanceof Stripe.errors.StripeIdempotencyError) return unknown('key_used_for_another', said(error));
  switch (error.statusCode) {
    case 400:
    case 404:
      return declineAnswer(error, call);
    case 401:
    case 403:
      throw new TerminalError(
        'provider_misconfigured',
        `Stripe does not let us do this${named(error)}.`,
        because(error),
      );
    case 402:
      return { ...declineOf(error), ...leftPayable(error) };
    case 409:
      return unknown('key_in_use', said(error));
    default:
      return unknown('provider_error', said(error));
  }
}

/**
 * The answer of an error to a look-up. A missing permission says nothing about what exists.
 * @throws RetryableError
 */
export function lookUpErrorAnswer(error: unknown): ProviderLookUp {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  throwIfItMayPass(error);
  return unknown('look_up_failed', said(error));
}

/**
 * Stripe was not reached, or refused the request before doing anything: too many requests, or a lock held by another
 * request (429).
 */
function throwIfItMayPass(error: Stripe.errors.StripeError): void {
  if (error instanceof Stripe.errors.StripeConnectionError && neverLeft(error))
    throw new RetryableError('provider_unavailable', 'Stripe could not be reached.', { cause: error });
  if (error instanceof Stripe.errors.StripeRateLimitError)
    throw new RetryableError('provider_unavailable', 'Stripe is busy.', because(error));
}

/** Stripe's own code (docs.stripe.com/error-codes), or else the type of the error. */
const said = (error: Stripe.errors.StripeError) => ({
  cause: error,
  providerCode: error instanceof Stripe.errors.StripeConnectionError ? null : (error.code ?? error.rawType ?? null),
});

/** The log gets all that Stripe said; the history, which clients read, only its code. */
function because(error: Stripe.errors.StripeError): Because {
  const { cause, providerCode } = said(error);
  return { cause, ...(providerCode && { detail: { providerCode } }) };
}

/**
 * Every client reads a failure's message: it names the request, by which an operator finds the reason at Stripe, and
 * nothing about our account.
 */
const named = ({ requestId }: Stripe.errors.StripeError) => (requestId ? `, request ${requestId}` : '');

function declineAnswer(error: Stripe.errors.StripeError, call: Call): Declined {
  const code = DECLINES_BY_CALL[call](error);
  if (code) return { ...declined(code, error.code ?? null), ...(call === 'charge' && leftPayable(error)) };
  throw new TerminalError('provider_refused', `Stripe refuses the ${call}${named(error)}.`, because(error));
}

type StripeRejection = Pick<Stripe.errors.StripeError, 'code' | 'decline_code' | 'param'>;

/**
 * A call that Stripe refuses, by `code` and `param` (docs.stripe.com/error-codes). For void and cancel, the
 * PaymentIntent's status decides.
 */
const DECLINES_BY_CALL: Record<Call, (rejection: StripeRejection) => DeclineCode | undefined> = {
  charge: ({ code, decline_code, param }) => {
    if (code === 'resource_missing') return param === 'payment_method' ? 'payment_method_unknown' : undefined;
    const known = declineCodeOf({ ...(code && { code }), ...(decline_code && { decline_code }) });
    return (
      known ??
      (param === undefined
        ? undefined
        : ({ amount: 'amount_not_accepted', currency: 'currency_not_supported' } as const)[param])
    );
  },
  capture: ({ code, param }) => {
    if (code === 'charge_already_captured') return 'already_captured';
    if (code === 'charge_expired_for_capture' || code === 'capture_charge_authorization_expired')
      return 'authorization_gone';
    if (code === 'amount_too_small') return 'amount_not_accepted';
    return code === 'amount_too_large' || param === 'amount_to_capture' ? 'amount_too_large' : undefined;
  },
  void: () => undefined,
  cancel: () => undefined,
  refund: ({ code, param }) => {
    if (code === 'charge_already_refunded') return 'already_refunded';
    if (code !== undefined && NOT_REFUNDABLE.has(code)) return 'refund_failed';
    // More than is left has no code (github.com/woocommerce/woocommerce-gateway-stripe/issues/1315), or
    // amount_too_large.
    return code === 'amount_too_large' || param === 'amount' ? 'amount_too_large' : undefined;
  },
};

const NOT_REFUNDABLE = new Set<string>([
  'balance_insufficient',
  'charge_disputed',
  'charge_not_refundable',
  'refund_disputed_payment',
]);

/** A declined payment (402), or its `last_payment_error`. An unknown reason is a decline, too. */
function declineOf({ code, decline_code }: { code?: string | undefined; decline_code?: string | undefined }): Declined {
  const known = declineCodeOf({ ...(code && { code }), ...(decline_code && { decline_code }) });
  return declined(known ?? 'card_declined', decline_code || code || null);
}

/** A charge's error contains the PaymentIntent that it has left behind. */
function leftPayable({ payment_intent: intent }: Stripe.errors.StripeError): Pick<Declined, 'reference' | 'payable'> {
  if (!intent) return {};
  return { reference: intent.id, ...(intent.status === 'requires_payment_method' && { payable: true }) };
}

/**
 * Errors of a connection that was never established: the name is unknown, no server listens or answers, or the
 * certificate is not Stripe's.
 */
const NEVER_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_\w+|CERT_\w+|SELF_SIGNED_CERT\w*|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+)$/;

/** The error of fetch, or its cause. */
type NetworkError = { code?: string; cause?: { code?: string } } | undefined;

/** True if the request surely was not sent. Any other error, such as a timeout or a reset, may follow an effect. */
function neverLeft({ detail }: Stripe.errors.StripeConnectionError): boolean {
  const error = detail as NetworkError;
  return [error?.code, error?.cause?.code].some((code) => code !== undefined && NEVER_CONNECTED.test(code));
}

/** True if Stripe refused because of the PaymentIntent's state, so that its state is the answer. */
export function isRefusedForItsState(error: unknown): boolean {
  const codes: (string | undefined)[] = ['payment_intent_unexpected_state', 'intent_invalid_state'];
  return error instanceof Stripe.errors.StripeInvalidRequestError && codes.includes(error.code);
}

import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { type Behaviour, PAYMENT_METHODS } from './payment-methods.js';
import { ErrorResponse } from './error-response.js';

/** The money moved by one PaymentIntent, in Stripe's unit. */
export interface Moved {
  /** How often the bank paid or authorized. */
  charges: number;
  authorized: number;
  captured: number;
  refunded: number;
  /** Lost to disputes. */
  disputed: number;
  /** An authorization was released and nothing taken. */
  voided: boolean;
}

interface Entry {
  key: string;
  intent: Stripe.PaymentIntent;
  behaviour: Behaviour;
  moved: Moved;
}

const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll('-', '')}`;
const now = () => Math.floor(Date.now() / 1000);
/** Twelve digits for rupiah, eight for any other (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const [MOST_RUPIAH, MOST] = [999_999_999_999, 99_999_999];
const CANCELABLE = new Set(['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action']);

/** PaymentIntents with the states of docs.stripe.com/payments/paymentintents/lifecycle, and their money. */
export class Intents {
  private readonly entries: Entry[] = [];

  /** `page`: where the customer approves. @throws ErrorResponse */
  create(key: string, params: Stripe.PaymentIntentCreateParams, page: string): Stripe.PaymentIntent {
    const behaviour =
      params.payment_method === undefined ? { does: 'pay' as const } : PAYMENT_METHODS[params.payment_method];
    if (!behaviour) throw ErrorResponse.nothingCalled('PaymentMethod', params.payment_method ?? '', 'payment_method');
    if (params.amount > (params.currency === 'idr' ? MOST_RUPIAH : MOST))
      throw ErrorResponse.of(400, 'Amount must be no more than 999,999.99', {
        code: 'amount_too_large',
        param: 'amount',
      });
    if (params.return_url && !params.confirm)
      throw ErrorResponse.of(400, 'return_url needs confirm=true.', { param: 'return_url' });
    const leaves =
      params.automatic_payment_methods?.enabled && params.automatic_payment_methods.allow_redirects !== 'never';
    if (params.confirm && leaves && !params.return_url)
      throw ErrorResponse.of(400, 'A return_url is needed where payment methods may redirect.', {
        code: 'parameter_missing',
        param: 'return_url',
      });
    const entry: Entry = {
      key,
      intent: intentOf(params),
      behaviour,
      moved: { charges: 0, authorized: 0, captured: 0, refunded: 0, disputed: 0, voided: false },
    };
    this.entries.push(entry);
    if (params.confirm) this.confirm(entry, params, page);
    return entry.intent;
  }

  /** @throws ErrorResponse */
  capture(id: string, { amount_to_capture, metadata }: Stripe.PaymentIntentCaptureParams): Stripe.PaymentIntent {
    const { intent, moved } = this.entry(id);
    if (intent.status !== 'requires_capture') throw ErrorResponse.unexpectedState('capture', intent);
    const amount = amount_to_capture ?? intent.amount_capturable;
    if (amount > intent.amount_capturable)
      throw ErrorResponse.of(400, 'The amount to capture is greater than what can be captured.', {
        code: 'amount_too_large',
        param: 'amount_to_capture',
      });
    moved.captured += amount;
    Object.assign(intent.metadata, metadata);
    return Object.assign(intent, { status: 'succeeded', amount_received: amount, amount_capturable: 0 });
  }

  /** @throws ErrorResponse */
  cancel(id: string, { cancellation_reason }: Stripe.PaymentIntentCancelParams): Stripe.PaymentIntent {
    const { intent, moved } = this.entry(id);
    if (!CANCELABLE.has(intent.status)) throw ErrorResponse.unexpectedState('cancel', intent);
    moved.voided = intent.amount_capturable > 0;
    return Object.assign(intent, {
      status: 'canceled',
      canceled_at: now(),
      cancellation_reason: cancellation_reason ?? null,
      amount_capturable: 0,
      next_action: null,
    });
  }

  /** Every idempotency key that made a PaymentIntent. */
  keys(): string[] {
    return [...new Set(this.entries.map(({ key }) => key))];
  }

  get(id: string): Stripe.PaymentIntent {
    return this.entry(id).intent;
  }

  /** @throws ErrorResponse if there is none */
  entry(id: string, param = 'intent', status = 404): Entry {
    const entry = this.entries.find(({ intent }) => intent.id === id);
    if (!entry) throw ErrorResponse.nothingCalled('payment_intent', id, param, status);
    return entry;
  }

  /** Newest first, as Stripe lists them. */
  get all(): Stripe.PaymentIntent[] {
    return this.entries.map(({ intent }) => intent).reverse();
  }

  under(key: string): Entry[] {
    return this.entries.filter((entry) => entry.key === key);
  }

  /** The customer approves, or a slow bank accepts. */
  approve(intent: Stripe.PaymentIntent): void {
    this.pay(this.entry(intent.id));
  }

  /** The customer refuses. */
  refuse(intent: Stripe.PaymentIntent): void {
    const message = 'The provided PaymentMethod has failed authentication.';
    this.fail(intent, { type: 'invalid_request_error', code: 'payment_intent_authentication_failure', message });
  }

  private confirm(entry: Entry, { off_session, return_url }: Stripe.PaymentIntentCreateParams, page: string): void {
    const { intent, behaviour } = entry;
    switch (behaviour.does) {
      case 'pay':
        return this.pay(entry);
      case 'process':
        intent.status = 'processing';
        return;
      case 'decline':
        return this.decline(intent, behaviour.code, behaviour.declineCode);
      case 'ask':
        if (off_session) return this.decline(intent, 'authentication_required', 'authentication_required');
        intent.status = 'requires_action';
        intent.next_action = return_url
          ? { type: 'redirect_to_url', redirect_to_url: { return_url, url: `${page}/${intent.id}` } }
          : { type: 'use_stripe_sdk', use_stripe_sdk: {} };
    }
  }

  private pay({ intent, moved }: Entry): void {
    const { amount } = intent;
    moved.charges += 1;
    moved.authorized += amount;
    const paid = { next_action: null, last_payment_error: null, latest_charge: newId('ch') };
    if (intent.capture_method === 'manual') {
      Object.assign(intent, { ...paid, status: 'requires_capture', amount_capturable: amount });
    } else {
      moved.captured += amount;
      Object.assign(intent, { ...paid, status: 'succeeded', amount_received: amount });
    }
  }

  /** @throws ErrorResponse always: a declined charge is an error to the caller, and still a PaymentIntent. */
  private decline(intent: Stripe.PaymentIntent, code = 'card_declined', decline_code?: string): never {
    const error = {
      type: 'card_error' as const,
      code,
      message: 'Your card was declined.',
      ...(decline_code && { decline_code }),
    };
    this.fail(intent, error);
    throw new ErrorResponse(402, { ...error, payment_intent: intent });
  }

  private fail(intent: Stripe.PaymentIntent, error: Stripe.PaymentIntent.LastPaymentError): void {
    Object.assign(intent, {
      status: 'requires_payment_method',
      next_action: null,
      payment_method: null,
      last_payment_error: error,
    });
  }
}

/** With every field that Stripe always gives. */
function intentOf(params: Stripe.PaymentIntentCreateParams): Stripe.PaymentIntent {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: params.automatic_payment_methods ?? { enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${randomUUID()}`,
    confirmation_method: 'automatic',
    created: now(),
    currency: params.currency,
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: Object.fromEntries(Object.entries(params.metadata ?? {}).map(([key, value]) => [key, String(value)])),
    next_action: null,
    on_behalf_of: null,
    payment_method: params.payment_method ?? null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: params.payment_method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    transfer_group: null,
  };
}

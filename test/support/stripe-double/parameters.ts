import type Stripe from 'stripe';
import { ErrorResponse } from './error-response.js';

/** A value of a form or query: text or, with brackets in the name, an object or a list of values. */
export type Form = string | { [name: string]: Form };

export function readForm(encoded: string): { [name: string]: Form } {
  const form: { [name: string]: Form } = {};
  for (const [name, value] of new URLSearchParams(encoded)) {
    const path = name.replaceAll(']', '').split('[');
    const last = path.pop() ?? '';
    let place = form;
    for (const step of path) place = (place[step] ??= {}) as typeof form;
    place[last] = value;
  }
  return form;
}

interface Parameter {
  required?: boolean;
  /** @throws ErrorResponse if Stripe does not accept the value */
  read(value: Form, name: string): unknown;
}

const invalid = (message: string, param: string) => ErrorResponse.of(400, message, { param });

const text: Parameter = {
  read: (value, name) => {
    if (typeof value !== 'string') throw invalid(`Invalid string: ${JSON.stringify(value)}`, name);
    return value;
  },
};

const whole: Parameter = {
  read: (value, name) => {
    if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value);
    throw ErrorResponse.of(400, `Invalid integer: ${JSON.stringify(value)}`, {
      code: 'parameter_invalid_integer',
      param: name,
    });
  },
};

/** The currency, another parameter, decides the largest amount. */
const amount: Parameter = {
  read: (value, name) => {
    const units = whole.read(value, name) as number;
    if (units < 1)
      throw ErrorResponse.of(400, 'This value must be greater than or equal to 1.', {
        code: 'parameter_invalid_integer',
        param: name,
      });
    return units;
  },
};

const oneOf = (...values: string[]): Parameter => ({
  read: (value, name) => {
    if (typeof value === 'string' && values.includes(value)) return value;
    throw invalid(`Invalid ${name}: must be one of ${values.join(', ')}`, name);
  },
});

const flag: Parameter = { read: (value, name) => oneOf('true', 'false').read(value, name) === 'true' };

const currency: Parameter = {
  read: (value, name) => {
    if (typeof value === 'string' && /^[a-z]{3}$/.test(value)) return value;
    throw invalid(`Invalid currency: ${JSON.stringify(value)}. You must use all lowercase letters.`, name);
  },
};

const objectOf = (table: Table): Parameter => ({
  read: (value, name) => {
    if (typeof value === 'string') throw invalid('Invalid object', name);
    return readParameters(value, table, name);
  },
});

/** docs.stripe.com/api/metadata */
const metadata: Parameter = {
  read: (value, name) => {
    if (typeof value === 'string') throw invalid('Invalid object', name);
    for (const [key, entry] of Object.entries(value)) {
      const named = `${name}[${key}]`;
      if (typeof entry !== 'string') throw invalid('Metadata values must be strings', named);
      if (key.length > 40 || entry.length > 500)
        throw invalid('Metadata keys can be 40 characters long and values 500', named);
    }
    return value;
  },
};

/** Parameters that Stripe publishes and the double does not implement. */
const notPlayed: Parameter = {
  read: (_, name) => {
    throw ErrorResponse.notPlayed(`what Stripe does with the parameter ${name}`);
  },
};

const required = (parameter: Parameter): Parameter => ({ ...parameter, required: true });

export type Table = Readonly<Record<string, Parameter>>;

/** @throws ErrorResponse for a parameter that is unknown, missing or of another type */
export function readParameters(form: { [name: string]: Form }, table: Table, within?: string): Record<string, unknown> {
  const named = (name: string) => (within ? `${within}[${name}]` : name);
  for (const name of Object.keys(form))
    if (!Object.hasOwn(table, name)) throw ErrorResponse.unknownParameter(named(name));
  const missing = Object.keys(table).find((name) => table[name]?.required && form[name] === undefined);
  if (missing) throw ErrorResponse.missingParameter(named(missing));
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, table[name]?.read(value, named(name))]));
}

// Each parameter that Stripe publishes for a call, by the types of its package: one that Stripe adds or drops does not
// compile.

export const CREATE_INTENT = {
  amount: required(amount),
  currency: required(currency),
  confirm: flag,
  capture_method: oneOf('automatic', 'automatic_async', 'manual'),
  payment_method: text,
  customer: text,
  description: text,
  metadata,
  off_session: flag,
  return_url: text,
  automatic_payment_methods: objectOf({
    enabled: required(flag),
    allow_redirects: oneOf('always', 'never'),
  } satisfies Record<keyof Stripe.PaymentIntentCreateParams.AutomaticPaymentMethods, Parameter>),
  allowed_payment_method_types: notPlayed,
  amount_details: notPlayed,
  application_fee_amount: notPlayed,
  confirmation_method: notPlayed,
  confirmation_token: notPlayed,
  customer_account: notPlayed,
  error_on_requires_action: notPlayed,
  excluded_payment_method_types: notPlayed,
  expand: notPlayed,
  hooks: notPlayed,
  mandate: notPlayed,
  mandate_data: notPlayed,
  on_behalf_of: notPlayed,
  payment_details: notPlayed,
  payment_method_configuration: notPlayed,
  payment_method_data: notPlayed,
  payment_method_options: notPlayed,
  radar_options: notPlayed,
  receipt_email: notPlayed,
  setup_future_usage: notPlayed,
  shipping: notPlayed,
  statement_descriptor: notPlayed,
  statement_descriptor_suffix: notPlayed,
  transfer_data: notPlayed,
  transfer_group: notPlayed,
  use_stripe_sdk: notPlayed,
} satisfies Record<keyof Stripe.PaymentIntentCreateParams, Parameter>;

export const CAPTURE_INTENT = {
  amount_to_capture: amount,
  metadata,
  amount_details: notPlayed,
  application_fee_amount: notPlayed,
  expand: notPlayed,
  final_capture: notPlayed,
  hooks: notPlayed,
  payment_details: notPlayed,
  statement_descriptor: notPlayed,
  statement_descriptor_suffix: notPlayed,
  transfer_data: notPlayed,
} satisfies Record<keyof Stripe.PaymentIntentCaptureParams, Parameter>;

export const CANCEL_INTENT = {
  cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'),
  expand: notPlayed,
} satisfies Record<keyof Stripe.PaymentIntentCancelParams, Parameter>;

export const RETRIEVE_ACCOUNT = {
  expand: notPlayed,
} satisfies Record<keyof Stripe.AccountRetrieveCurrentParams, Parameter>;

export const RETRIEVE_INTENT = {
  client_secret: notPlayed,
  expand: notPlayed,
} satisfies Record<keyof Stripe.PaymentIntentRetrieveParams, Parameter>;

const pages = { limit: whole, starting_after: text, ending_before: notPlayed } satisfies Record<
  keyof Stripe.PaginationParams,
  Parameter
>;

const range = { gt: whole, gte: whole, lt: whole, lte: whole } satisfies Record<
  keyof Stripe.RangeQueryParam,
  Parameter
>;

export const LIST_INTENTS = {
  ...pages,
  created: objectOf(range),
  customer: notPlayed,
  customer_account: notPlayed,
  expand: notPlayed,
} satisfies Record<keyof Stripe.PaymentIntentListParams, Parameter>;

export const SEARCH_INTENTS = {
  query: required(text),
  limit: whole,
  page: text,
  expand: notPlayed,
} satisfies Record<keyof Stripe.PaymentIntentSearchParams, Parameter>;

export const CREATE_REFUND = {
  amount,
  payment_intent: text,
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
  metadata,
  charge: notPlayed,
  currency: notPlayed,
  customer: notPlayed,
  expand: notPlayed,
  instructions_email: notPlayed,
  origin: notPlayed,
  refund_application_fee: notPlayed,
  reverse_transfer: notPlayed,
} satisfies Record<keyof Stripe.RefundCreateParams, Parameter>;

export const LIST_REFUNDS = {
  ...pages,
  payment_intent: text,
  charge: notPlayed,
  created: notPlayed,
  expand: notPlayed,
} satisfies Record<keyof Stripe.RefundListParams, Parameter>;

export const LIST_DISPUTES = {
  ...pages,
  payment_intent: text,
  charge: notPlayed,
  created: notPlayed,
  expand: notPlayed,
} satisfies Record<keyof Stripe.DisputeListParams, Parameter>;

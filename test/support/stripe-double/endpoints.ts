import type Stripe from 'stripe';
import type { Disputes } from './disputes.js';
import type { Intents } from './intents.js';
import {
  CANCEL_INTENT,
  CAPTURE_INTENT,
  CREATE_INTENT,
  CREATE_REFUND,
  LIST_DISPUTES,
  LIST_INTENTS,
  LIST_REFUNDS,
  RETRIEVE_ACCOUNT,
  RETRIEVE_INTENT,
  SEARCH_INTENTS,
  type Table,
} from './parameters.js';
import { ErrorResponse } from './error-response.js';
import type { Refunds } from './refunds.js';

/** The state that the endpoints change. */
export interface Account {
  url: string;
  /** `acct_…` */
  accountId: string;
  intents: Intents;
  refunds: Refunds;
  disputes: Disputes;
  /** How old a PaymentIntent must be for the search to find it. */
  searchLagMs: number;
}

type Call = { id: string; key: string };

interface Endpoint {
  method: 'GET' | 'POST';
  path: RegExp;
  parameters: Table;
  act(account: Account, params: object, call: Call): unknown;
}

/** The keys of the table are exactly the parameters that Stripe publishes for the call. */
function endpoint<Params extends object>(
  method: 'GET' | 'POST',
  path: RegExp,
  parameters: Record<keyof Params, Table[string]>,
  act: (account: Account, params: Params, call: Call) => unknown,
): Endpoint {
  return { method, path, parameters, act: (account, params, call) => act(account, params as Params, call) };
}

const INTENTS = /^\/v1\/payment_intents$/;
const INTENT = /^\/v1\/payment_intents\/(?<id>pi_\w+)$/;

/** The endpoints of Stripe's API that the double implements. */
export const ENDPOINTS: readonly Endpoint[] = [
  endpoint<Stripe.AccountRetrieveCurrentParams>('GET', /^\/v1\/account$/, RETRIEVE_ACCOUNT, ({ accountId }) => ({
    id: accountId,
    object: 'account',
  })),
  endpoint<Stripe.PaymentIntentCreateParams>('POST', INTENTS, CREATE_INTENT, ({ intents, url }, params, { key }) =>
    intents.create(key, params, `${url}/authenticate`),
  ),
  endpoint<Stripe.PaymentIntentListParams>('GET', INTENTS, LIST_INTENTS, ({ intents }, params) =>
    pageOf('/v1/payment_intents', intents.all.filter(isCreatedIn(params.created)), params),
  ),
  endpoint<Stripe.PaymentIntentSearchParams>('GET', /^\/v1\/payment_intents\/search$/, SEARCH_INTENTS, search),
  endpoint<Stripe.PaymentIntentRetrieveParams>('GET', INTENT, RETRIEVE_INTENT, ({ intents }, _, { id }) =>
    intents.get(id),
  ),
  endpoint<Stripe.PaymentIntentCaptureParams>(
    'POST',
    /^\/v1\/payment_intents\/(?<id>pi_\w+)\/capture$/,
    CAPTURE_INTENT,
    ({ intents }, params, { id }) => intents.capture(id, params),
  ),
  endpoint<Stripe.PaymentIntentCancelParams>(
    'POST',
    /^\/v1\/payment_intents\/(?<id>pi_\w+)\/cancel$/,
    CANCEL_INTENT,
    ({ intents }, params, { id }) => intents.cancel(id, params),
  ),
  endpoint<Stripe.RefundCreateParams>('POST', /^\/v1\/refunds$/, CREATE_REFUND, ({ refunds }, params) =>
    refunds.create(params),
  ),
  endpoint<Stripe.RefundListParams>('GET', /^\/v1\/refunds$/, LIST_REFUNDS, ({ refunds }, params) => {
    if (params.payment_intent === undefined) throw ErrorResponse.notPlayed('a list of all refunds');
    return pageOf('/v1/refunds', refunds.of(params.payment_intent), params);
  }),
  endpoint<Stripe.DisputeListParams>('GET', /^\/v1\/disputes$/, LIST_DISPUTES, ({ disputes }, params) => {
    if (params.payment_intent === undefined) throw ErrorResponse.notPlayed('a list of all disputes');
    return pageOf('/v1/disputes', disputes.of(params.payment_intent), params);
  }),
];

function isCreatedIn(range: Stripe.PaymentIntentListParams['created']): (intent: Stripe.PaymentIntent) => boolean {
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = (range ?? {}) as Stripe.RangeQueryParam;
  return ({ created }) => created > gt && created >= gte && created < lt && created <= lte;
}

/** docs.stripe.com/api/pagination */
function pageOf<T extends { id: string }>(
  url: string,
  all: T[],
  { limit = 10, starting_after }: Stripe.PaginationParams,
) {
  const from = starting_after === undefined ? 0 : all.findIndex(({ id }) => id === starting_after) + 1;
  return { object: 'list', url, has_more: from + limit < all.length, data: all.slice(from, from + limit) };
}

/** docs.stripe.com/search#search-query-language, limited to one metadata key. */
function search({ intents, searchLagMs }: Account, { query, limit = 10, page }: Stripe.PaymentIntentSearchParams) {
  const [, name = '', quoted = ''] = /^metadata\["((?:[^"\\]|\\.)+)"\]:"((?:[^"\\]|\\.)*)"$/.exec(query) ?? [];
  if (!name) throw ErrorResponse.notPlayed(`the search ${query}`);
  const value = quoted.replace(/\\(.)/g, '$1');
  const indexedUntil = (Date.now() - searchLagMs) / 1000;
  const found = intents.all.filter(({ metadata, created }) => metadata[name] === value && created <= indexedUntil);
  const from = Number(page ?? 0);
  const hasMore = from + limit < found.length;
  return {
    object: 'search_result',
    url: '/v1/payment_intents/search',
    has_more: hasMore,
    next_page: hasMore ? String(from + limit) : null,
    data: found.slice(from, from + limit),
  };
}

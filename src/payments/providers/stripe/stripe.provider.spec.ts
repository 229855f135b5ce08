import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { Gate } from '../../../../test/support/gate.js';
import { HeldClock } from '../../../../test/support/held-clock.js';
import { StripeDouble } from '../../../../test/support/stripe-double/stripe-double.js';
import { RetryableError, TerminalError } from '../../../operations/kinds/outcome.js';
import { type ChargeRequest, type ProviderInquiry, type Succeeded, WebhookRefused } from '../payment-provider.js';
import { StripeProvider } from './stripe.provider.js';
import { DAYS, HOURS, MINUTES } from '../../../time/durations.js';

const CREATE = 'POST /v1/payment_intents';

let double: StripeDouble;
let provider: StripeProvider;
let clock: HeldClock;
const provide = (more: object = {}) => {
  const { secretKey, webhookSecret, url: apiBase } = double;
  return new StripeProvider({ secretKey, webhookSecrets: [webhookSecret], apiBase, timeoutMs: 10_000, ...more }, clock);
};
beforeEach(async () => {
  double = await StripeDouble.start();
  clock = new HeldClock();
  provider = provide();
});
afterEach(() => double.stop());

function chargeOf(more: Partial<ChargeRequest> = {}): ChargeRequest {
  const operationId = randomUUID();
  const sample = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa', capture: true, offSession: false };
  return { operationId, idempotencyKey: operationId, startedAt: new Date(), ...sample, ...more };
}

const lookUp = ({ idempotencyKey }: ChargeRequest, more: Partial<ProviderInquiry> = {}) =>
  provider.lookUp({ call: 'charge', idempotencyKey, charge: null, sentAt: new Date(), ...more });

const cancelOf = (
  { operationId, idempotencyKey: chargeKey }: ChargeRequest,
  charge: string | null = null,
  sentAt = new Date(),
) => ({
  operationId,
  idempotencyKey: `${chargeKey}:cancel`,
  startedAt: new Date(),
  chargeKey,
  charge,
  sentAt,
});

const newCall = () => ({ operationId: randomUUID(), idempotencyKey: randomUUID(), startedAt: new Date() });

async function authorized() {
  const request = chargeOf({ capture: false });
  const { reference: charge } = (await provider.charge(request)) as Succeeded;
  const call = { ...newCall(), charge, currency: 'EUR' };
  return { request, charge, call };
}

const said = () => Object.fromEntries(new URLSearchParams(double.requests.at(-1)?.said));

test.each([
  ['sk_test_51Nx', false],
  ['sk_live_51Nx', true],
  ['rk_live_51Nx', true],
  ['sk_org_live_51Nx', true],
])('with a key such as %s, real money moves: %s', (secretKey, live) => {
  expect(provide({ secretKey }).live).toBe(live);
});

describe('a charge sends to Stripe', () => {
  test('its fields, its operation and its key', async () => {
    const { operationId, idempotencyKey, ...request } = chargeOf({
      idempotencyKey: 'a key of its own',
      customer: 'cus_1',
      description: 'Tea',
    });
    await provider.charge({ operationId, idempotencyKey, ...request });
    expect(double.requests).toEqual([
      expect.objectContaining({ method: 'POST', path: '/v1/payment_intents', key: idempotencyKey }),
    ]);
    expect(said()).toEqual({
      amount: '1999',
      currency: 'eur',
      confirm: 'true',
      payment_method: 'pm_card_visa',
      capture_method: 'automatic',
      'automatic_payment_methods[enabled]': 'true',
      'automatic_payment_methods[allow_redirects]': 'never',
      customer: 'cus_1',
      description: 'Tea',
      'metadata[outcome_operation]': operationId,
      'metadata[outcome_key]': idempotencyKey,
    });
  });

  test('the return page, and allows the bank’s own page', async () => {
    const answer = await provider.charge(
      chargeOf({ paymentMethod: 'pm_card_authenticationRequired', returnUrl: 'https://shop.example/order' }),
    );
    expect(said()).toMatchObject({
      return_url: 'https://shop.example/order',
      'automatic_payment_methods[enabled]': 'true',
    });
    expect(said()).not.toHaveProperty('automatic_payment_methods[allow_redirects]');
    expect(answer).toMatchObject({ nextAction: { type: 'redirect', url: expect.stringContaining(double.url) } });
  });

  test('no return page if there is none: the bank asks in the shop’s page, by the client secret', async () => {
    const request = chargeOf({ paymentMethod: 'pm_card_authenticationRequired' });
    const answer = await provider.charge(request);
    const { client_secret: clientSecret } = double.chargedUnder(request.idempotencyKey);
    expect(answer).toMatchObject({ nextAction: { type: 'confirm', clientData: { provider: 'stripe', clientSecret } } });
  });

  test('that the customer is not present', async () => {
    await provider.charge(chargeOf({ offSession: true, returnUrl: 'https://shop.example/order' }));
    expect(said()).toMatchObject({ off_session: 'true', 'automatic_payment_methods[allow_redirects]': 'never' });
    expect(said()).not.toHaveProperty('return_url');
  });

  test('that the money is only authorized', async () => {
    await provider.charge(chargeOf({ capture: false }));
    expect(said()).toMatchObject({ capture_method: 'manual' });
  });

  test('the amount in Stripe’s unit, and understands the answer in it', async () => {
    expect(await provider.charge(chargeOf({ amount: 1500, currency: 'ISK' }))).toMatchObject({
      type: 'succeeded',
      amount: 1500,
    });
    expect(said()).toMatchObject({ amount: '150000', currency: 'isk' });
  });

  test.each([
    [{ amount: 1999, currency: 'KWD' }, 'amount_not_accepted'],
    [{ amount: 1990, currency: 'IQD' }, 'currency_not_supported'],
  ])('nothing if the amount would be rounded: %j', async (money, code) => {
    expect(await provider.charge(chargeOf(money))).toEqual({ type: 'declined', code, providerCode: null });
    expect(double.requests).toEqual([]);
  });
});

describe('a request is sent only once', () => {
  test.each(['before', 'after'] as const)('if the connection breaks %s Stripe has acted', async (when) => {
    const request = chargeOf();
    double.faults.plan(CREATE, { type: 'cut', when });
    expect(await provider.charge(request)).toMatchObject({ type: 'unknown', reason: 'answer_lost' });
    expect(double.requests).toHaveLength(1);
  });

  test.each([500, 503] as const)('if Stripe answers %d', async (status) => {
    double.faults.plan(CREATE, { type: 'answered', status, when: 'before' });
    expect(await provider.charge(chargeOf())).toMatchObject({ type: 'unknown', reason: 'provider_error' });
    expect(double.requests).toHaveLength(1);
  });

  test('if Stripe does not answer within the time limit', async () => {
    const request = chargeOf();
    double.faults.plan(CREATE, { type: 'silent', when: 'after' });
    const began = performance.now();
    expect(await provide({ timeoutMs: 300 }).charge(request)).toMatchObject({ type: 'unknown', reason: 'answer_lost' });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await lookUp(request)).toMatchObject({ type: 'succeeded' });
    expect(double.books(request.idempotencyKey)).toMatchObject({ charges: 1 });
  });

  test('and has surely no effect if no server listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const lonely = provide({ apiBase: `http://127.0.0.1:${port}` });
    await expect(lonely.charge(chargeOf())).rejects.toThrow(RetryableError);
    await expect(
      lonely.lookUp({ call: 'charge', idempotencyKey: 'k', charge: 'pi_1', sentAt: new Date() }),
    ).rejects.toThrow(RetryableError);
  });
});

describe('an answer that Stripe replays', () => {
  test('is read anew: the customer has approved since', async () => {
    const request = chargeOf({ paymentMethod: 'pm_card_authenticationRequired' });
    expect(await provider.charge(request)).toMatchObject({ type: 'action_required' });
    double.answerCustomer(request.idempotencyKey, 'approve');
    expect(await provider.charge(request)).toMatchObject({ type: 'succeeded' });
  });

  test('is used if Stripe cannot be read anew', async () => {
    const request = chargeOf();
    const answer = await provider.charge(request);
    double.faults.plan('GET /v1/payment_intents/', { type: 'answered', status: 500, when: 'before' });
    expect(await provider.charge(request)).toEqual(answer);
  });

  test.each(['begun', 'after'] as const)('stays a 500, and the look-up finds the state: %s', async (when) => {
    const request = chargeOf();
    double.faults.plan(CREATE, { type: 'answered', status: 500, when });
    expect(await provider.charge(request)).toMatchObject({ type: 'unknown', reason: 'provider_error' });
    expect(await provider.charge(request)).toMatchObject({ type: 'unknown', reason: 'provider_error' });
    expect(await lookUp(request)).toMatchObject({ type: when === 'after' ? 'succeeded' : 'never_arrived' });
    expect(double.books(request.idempotencyKey).charges).toBe(when === 'after' ? 1 : 0);
  });

  test('under a key in use is not there yet', async () => {
    const request = chargeOf();
    double.faults.plan(CREATE, { type: 'answered', status: 409, when: 'before' });
    expect(await provider.charge(request)).toMatchObject({ type: 'unknown', reason: 'key_in_use' });
  });
});

describe('a charge under a key that Stripe may have forgotten', () => {
  test.each([
    ['is sent at once before 23 hours have passed', 23 * HOURS - MINUTES, ['POST /v1/payment_intents']],
    [
      'is sent after a look for an earlier one from then on',
      23 * HOURS,
      ['GET /v1/payment_intents/search', 'POST /v1/payment_intents'],
    ],
  ])('%s', async (_, ago, requests) => {
    expect(await provider.charge(chargeOf({ startedAt: new Date(Date.now() - ago) }))).toMatchObject({
      type: 'succeeded',
    });
    expect(double.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(requests);
  });

  test.each(['before', 'after'] as const)('is unknown, and not sent, if Stripe does not tell: %s', async (when) => {
    double.faults.plan('GET', when === 'before' ? { type: 'cut', when } : { type: 'garbled', into: 'garbage', when });
    expect(await provider.charge(chargeOf({ startedAt: new Date(Date.now() - 2 * DAYS) }))).toMatchObject({
      type: 'unknown',
      reason: 'look_up_failed',
    });
    expect(double.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('a look-up of a charge without a reference', () => {
  test('reads all recent ones, page after page', async () => {
    const request = chargeOf();
    await provider.charge(request);
    for (let others = 0; others < 120; others += 1)
      double.intents.create(randomUUID(), { amount: 100, currency: 'eur' }, '');
    expect(await lookUp(request)).toMatchObject({ type: 'succeeded' });
    expect(double.requests.filter(({ method }) => method === 'GET')).toHaveLength(2);
  });

  test('does not read what is older than the charge', async () => {
    const request = chargeOf();
    await provider.charge(request);
    expect(await lookUp(request, { sentAt: new Date(Date.now() + 2 * MINUTES) })).toEqual({ type: 'never_arrived' });
    expect(await lookUp(request, { sentAt: new Date(Date.now() + MINUTES / 2) })).toMatchObject({ type: 'succeeded' });
  });

  test('searches for an older charge, and reads what it finds anew', async () => {
    const request = chargeOf({ idempotencyKey: 'with "quotes" and \\' });
    double.searchLagMs = 0;
    await provider.charge(request);
    expect(await lookUp(request, { sentAt: new Date(Date.now() - 3 * MINUTES) })).toMatchObject({ type: 'succeeded' });
    const [, search, retrieve] = double.requests.map(({ path }) => path);
    expect([search, retrieve]).toEqual([
      '/v1/payment_intents/search',
      expect.stringMatching(/^\/v1\/payment_intents\/pi_/),
    ]);
  });

  test('uses the clock of the service, not that of the machine', async () => {
    const request = chargeOf();
    await provider.charge(request);
    clock.aheadMs = 3 * MINUTES;
    await lookUp(request, { sentAt: new Date() });
    expect(double.requests[1]?.path).toBe('/v1/payment_intents/search');
    double.requests.length = 0;
    clock.aheadMs = -3 * MINUTES;
    await lookUp(request, { sentAt: new Date(Date.now() - 3 * MINUTES) });
    expect(double.requests.map(({ path }) => path)).toEqual(['/v1/payment_intents']);
  });

  test('finds it in the list while the search is behind, as long as it may be', async () => {
    const request = chargeOf();
    double.searchLagMs = 60 * MINUTES;
    await provider.charge(request);
    clock.aheadMs = 15 * MINUTES;
    expect(await lookUp(request)).toMatchObject({ type: 'succeeded', amount: 1999 });
    clock.aheadMs = 2 * HOURS;
    expect(await lookUp(request)).toEqual({ type: 'never_arrived' });
  });

  test('reads in the list only what was made about when it was sent, if the search has nothing', async () => {
    double.intents.create(randomUUID(), { amount: 100, currency: 'eur' }, '');
    clock.aheadMs = 15 * MINUTES;
    const sentAt = new Date();
    expect(await lookUp(chargeOf(), { sentAt })).toEqual({ type: 'never_arrived' });
    const asked = new URLSearchParams(double.requests.at(-1)?.said);
    const seconds = Math.floor(sentAt.getTime() / 1000);
    expect([asked.get('created[gte]'), asked.get('created[lte]')].map(Number)).toEqual([seconds - 60, seconds + 300]);
  });

  test('that misses the charge does no harm: the key prevents a second one', async () => {
    const request = chargeOf();
    double.searchLagMs = 60 * MINUTES;
    double.faults.plan(CREATE, { type: 'cut', when: 'after' });
    await provider.charge(request);
    expect(await lookUp(request, { sentAt: new Date(Date.now() - 30 * MINUTES) })).toEqual({ type: 'never_arrived' });
    expect(await provider.charge(request)).toMatchObject({ type: 'succeeded' });
    expect(double.books(request.idempotencyKey)).toMatchObject({ charges: 1, captured: 1999 });
  });

  test('changes nothing', async () => {
    const request = chargeOf();
    await provider.charge(request);
    double.requests.length = 0;
    for (const call of ['charge', 'capture', 'void', 'refund'] as const)
      await lookUp(request, { call, charge: double.chargedUnder(request.idempotencyKey).id });
    await lookUp(request);
    expect(new Set(double.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  test('that is refused leaves the outcome unknown', async () => {
    expect(await lookUp(chargeOf(), { charge: 'pi_of_nobody' })).toMatchObject({
      type: 'unknown',
      reason: 'look_up_failed',
    });
    const stranger = provide({ secretKey: 'sk_test_of_another' });
    await expect(stranger.charge(chargeOf())).rejects.toThrow(TerminalError);
    expect(
      await stranger.lookUp({ call: 'charge', idempotencyKey: 'k', charge: null, sentAt: new Date() }),
    ).toMatchObject({
      type: 'unknown',
    });
  });
});

describe('canceling', () => {
  test('a charge that is not found takes its key, so that it cannot arrive later', async () => {
    const request = chargeOf();
    expect(await provider.cancel(cancelOf(request))).toMatchObject({ type: 'succeeded' });
    expect(await provider.charge(request)).toMatchObject({ type: 'unknown' });
    expect(await lookUp(request)).toMatchObject({ type: 'declined', code: 'canceled_at_provider' });
    expect(double.books(request.idempotencyKey)).toMatchObject({ charges: 0 });
  });

  test('a charge that is not found yet, or has taken effect, is not reported as canceled', async () => {
    const request = chargeOf();
    double.searchLagMs = 60 * MINUTES;
    await provider.charge(request);
    const answer = await provider.cancel(cancelOf(request, null, new Date(Date.now() - 30 * MINUTES)));
    expect(answer).toMatchObject({ type: 'unknown', reason: 'key_used_for_another' });
    expect(double.books(request.idempotencyKey)).toMatchObject({ charges: 1, voided: false });
  });

  test('a charge that is under way is unknown', async () => {
    const request = chargeOf();
    const gate = new Gate();
    double.faults.plan(CREATE, { type: 'held', at: gate });
    const charging = provider.charge(request);
    await gate.reached;
    expect(await provider.cancel(cancelOf(request))).toMatchObject({ type: 'unknown' });
    gate.open();
    expect(await charging).toMatchObject({ type: 'succeeded' });
    expect(await provider.cancel(cancelOf(request))).toMatchObject({ type: 'declined', code: 'too_late' });
  });

  test.each(['begun', 'after'] as const)('continues after a 500 that Stripe replays under a key: %s', async (when) => {
    const { request, charge, call } = await authorized();
    const fault = { type: 'answered', status: 500, when } as const;
    double.faults.plan(`${CREATE}/${charge}/cancel`, fault);
    expect(await provider.cancel(cancelOf(request, charge))).toMatchObject({ type: 'unknown' });
    expect(await provider.cancel(cancelOf(request, charge))).toMatchObject({ type: 'succeeded', reference: charge });
    double.faults.plan(`${CREATE}/${charge}/cancel`, fault);
    expect(await provider.void(call)).toMatchObject({ type: 'unknown' });
    expect(await provider.void(call)).toMatchObject({ type: 'succeeded', reference: charge });
  });

  test('an authorization releases it', async () => {
    const { request, charge } = await authorized();
    expect(await provider.cancel(cancelOf(request, charge))).toMatchObject({ type: 'succeeded', reference: charge });
    expect(double.books(request.idempotencyKey)).toMatchObject({ authorized: 1999, captured: 0, voided: true });
  });

  test('a processing charge stays pending, and later ignores an old error', async () => {
    const request = chargeOf({ paymentMethod: 'pm_double_processing', capture: false });
    const { reference } = (await provider.charge(request)) as Succeeded;
    expect(await provider.cancel(cancelOf(request, reference))).toEqual({ type: 'pending', reference });
    double.completePending(request.idempotencyKey);
    expect(await provider.cancel(cancelOf(request, reference))).toMatchObject({ type: 'succeeded' });
    expect(double.books(request.idempotencyKey)).toMatchObject({ captured: 0, voided: true });
  });
});

describe('a capture whose answer is lost', () => {
  test('is recognized as ours', async () => {
    const { call, charge } = await authorized();
    double.faults.plan('POST', { type: 'cut', when: 'after' });
    expect(await provider.capture({ ...call, amount: 1500 })).toMatchObject({ type: 'unknown' });
    const { idempotencyKey } = call;
    expect(await provider.lookUp({ call: 'capture', idempotencyKey, charge, sentAt: new Date() })).toMatchObject({
      type: 'succeeded',
      amount: 1500,
    });
  });

  test('is recognized as ours even after Stripe has dropped the key, and is not taken twice', async () => {
    const { request, call } = await authorized();
    const answer = await provider.capture({ ...call, amount: 1500 });
    double.kept.forget();
    expect(await provider.capture({ ...call, amount: 1500 })).toEqual(answer);
    expect(double.books(request.idempotencyKey)).toMatchObject({ captured: 1500 });
  });

  test('is not ours if another system has captured', async () => {
    const { call, charge } = await authorized();
    double.intents.capture(charge, {});
    expect(await provider.capture({ ...call, amount: 1999 })).toMatchObject({
      type: 'declined',
      code: 'already_captured',
    });
  });

  test('has failed if nothing is authorized', async () => {
    const request = chargeOf({ paymentMethod: 'pm_card_authenticationRequired' });
    await provider.charge(request);
    const { id: charge } = double.chargedUnder(request.idempotencyKey);
    const call = { ...newCall(), charge, currency: 'EUR', amount: 1999 };
    await expect(provider.capture(call)).rejects.toThrow(TerminalError);
  });
});

describe('a refund', () => {
  async function refunding(paymentMethod = 'pm_card_visa', reason?: string) {
    const request = chargeOf({ paymentMethod });
    const { reference: charge } = (await provider.charge(request)) as Succeeded;
    const call = {
      ...newCall(),
      charge,
      currency: 'EUR',
      amount: 700,
      reason,
    };
    return { request, call, answer: await provider.refund(call) };
  }

  test.each(['duplicate', 'fraudulent', 'requested_by_customer'])(
    'sends the reason in Stripe’s word: %s',
    async (reason) => {
      await refunding('pm_card_visa', reason);
      expect(said()).toMatchObject({ reason });
    },
  );

  test('sends our reason as metadata', async () => {
    const { call } = await refunding('pm_card_visa', 'Broken cup');
    expect(said()).toMatchObject({ 'metadata[reason]': 'Broken cup', 'metadata[outcome_operation]': call.operationId });
    expect(said()).not.toHaveProperty('reason');
  });

  test('may stay pending', async () => {
    const { request, call, answer } = await refunding('pm_card_pendingRefund');
    expect(answer).toMatchObject({ type: 'pending' });
    double.completePending(request.idempotencyKey);
    expect(await provider.lookUp({ ...call, call: 'refund', sentAt: new Date() })).toMatchObject({
      type: 'succeeded',
      amount: 700,
    });
    expect(double.books(request.idempotencyKey)).toMatchObject({ refunded: 700 });
  });

  test('may fail later', async () => {
    const { request, call, answer } = await refunding('pm_card_refundFail');
    expect(answer).toMatchObject({ type: 'succeeded' });
    double.completePending(request.idempotencyKey);
    const found = await provider.lookUp({ ...call, call: 'refund', sentAt: new Date() });
    expect(found).toEqual({ type: 'declined', code: 'refund_failed', providerCode: 'expired_or_canceled_card' });
    expect(double.books(request.idempotencyKey)).toMatchObject({ refunded: 0 });
  });
});

describe('an event', () => {
  const metadata = { outcome_operation: 'op-1' };
  test.each<[string, object, object]>([
    [
      'payment_intent.succeeded',
      { object: 'payment_intent', id: 'pi_1', metadata },
      { operationId: 'op-1', reference: 'pi_1' },
    ],
    [
      'payment_intent.canceled',
      { object: 'payment_intent', id: 'pi_1', metadata: {} },
      { operationId: null, reference: 'pi_1' },
    ],
    [
      'refund.updated',
      { object: 'refund', id: 're_1', payment_intent: 'pi_1', metadata },
      { operationId: 'op-1', reference: 're_1' },
    ],
    [
      'charge.refunded',
      { object: 'charge', id: 'ch_1', payment_intent: 'pi_1', metadata },
      { operationId: 'op-1', reference: 'pi_1' },
    ],
    [
      'charge.refunded',
      { object: 'charge', id: 'ch_1', payment_intent: { id: 'pi_1' } },
      { operationId: null, reference: 'pi_1' },
    ],
    [
      'charge.succeeded',
      { object: 'charge', id: 'ch_1', payment_intent: null, metadata },
      { operationId: null, reference: null },
    ],
    ['customer.created', { object: 'customer', id: 'cus_1', metadata }, { operationId: null, reference: null }],
  ])('%s %j', (type, object, event) => {
    const at = new Date(Math.floor(Date.now() / 1000) * 1000);
    expect(provider.readWebhook(double.webhook(type, object, { at }))).toEqual({
      id: expect.stringMatching(/^evt_/),
      type,
      occurredAt: at,
      ...event,
    });
  });

  const webhook = (more: object = {}) => double.webhook('customer.created', { object: 'customer' }, more);

  test('with another signature is refused, and says so', () => {
    expect(() => provider.readWebhook(webhook({ secret: 'whsec_of_another' }))).toThrow(/No signatures found matching/);
  });

  test('that is older than five minutes is refused, and says so', () => {
    expect(() => provider.readWebhook(webhook({ at: new Date(Date.now() - 6 * MINUTES) }))).toThrow(
      /outside the tolerance/,
    );
    expect(provider.readWebhook(webhook({ at: new Date(Date.now() - 4 * MINUTES) }))).toMatchObject({
      type: 'customer.created',
    });
  });

  test('is refused if no secret is configured', () => {
    expect(() => provide({ webhookSecrets: undefined }).readWebhook(webhook())).toThrow(/STRIPE_WEBHOOK_SECRET/);
    expect(() => provide({ webhookSecrets: undefined }).readWebhook(webhook())).toThrow(WebhookRefused);
  });
});

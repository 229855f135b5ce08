import type { ProviderView } from '../../src/payments/http/payments.contract.js';
import { PaymentsOf } from '../support/payments.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { operationOnce } from '../support/work.js';

describe('a shop that takes its payments through Stripe', () => {
  let double: StripeDouble;
  let service: Service;
  let payments: PaymentsOf;
  beforeAll(async () => {
    double = await StripeDouble.start();
    service = await Service.start({
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_SECRET_KEY: double.secretKey,
      STRIPE_WEBHOOK_SECRET: `whsec_of_last_year, ${double.webhookSecret}`,
      STRIPE_API_BASE: double.url,
      // Look-ups are a minute apart, so only Stripe's webhooks can arrive in time.
      LOOK_UP_BASE_MS: '60000',
    });
    payments = new PaymentsOf(service);
  });
  afterAll(async () => {
    await service.stop();
    await double.stop();
  });

  function deliver(id: string) {
    const { body, headers } = double.webhookAbout(id);
    const request = { headers: { ...headers } as Record<string, string>, body: body.toString() };
    return service.request('POST', '/api/providers/stripe/webhooks', request);
  }

  test('charges once, and refunds a part of it', async () => {
    const { id, result } = await payments.charged();
    expect(result).toMatchObject({
      provider: 'stripe',
      reference: expect.stringMatching(/^pi_/),
      amount: 1999,
      captured: true,
    });
    expect(await payments.done('payment.refund', { chargeOperationId: id, amount: 500 })).toMatchObject({
      status: 'success',
      result: { provider: 'stripe', reference: expect.stringMatching(/^re_/), amount: 500 },
    });
    expect(await payments.payment(id)).toMatchObject({ provider: 'stripe', captured: 1999, refunded: 500 });
    expect(double.books(id)).toMatchObject({ charges: 1, captured: 1999, refunded: 500 });
  });

  test('authorizes, captures a part, and voids', async () => {
    const [one, other] = [await payments.authorized(), await payments.authorized()];
    expect(await payments.done('payment.capture', { chargeOperationId: one.id, amount: 1500 })).toMatchObject({
      result: { amount: 1500 },
    });
    expect(await payments.done('payment.void', { chargeOperationId: other.id })).toMatchObject({ status: 'success' });
    expect(double.books(one.id)).toMatchObject({ captured: 1500, voided: false });
    expect(double.books(other.id)).toMatchObject({ captured: 0, voided: true });
  });

  test.each([
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
  ])('is declined with %s, and only the history has Stripe’s own code', async (paymentMethod, code, providerCode) => {
    const { id, failure } = await service.ending((await service.charge(paymentMethod)).id);
    expect(failure).toMatchObject({ code });
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'operation.failed', detail: { providerCode } });
  });

  test('sends a customer to their bank, and receives the approval by a webhook', async () => {
    const asked = await payments.waitingForTheCustomer(undefined, { returnUrl: 'https://shop.example/order' });
    expect(asked.nextAction).toEqual({ type: 'redirect', url: expect.stringMatching(/^https?:\/\//) });
    double.answerCustomer(asked.id, 'approve');
    expect((await deliver(asked.id)).status).toBe(200);
    expect(await service.ending(asked.id)).toMatchObject({ status: 'success' });
    expect(double.books(asked.id)).toMatchObject({ charges: 1, captured: 1999 });
  });

  test('keeps the client secret while the customer must act, and cancels what has failed', async () => {
    const asked = await payments.waitingForTheCustomer();
    const secret = double.chargedUnder(asked.id).client_secret ?? '';
    expect(JSON.stringify(await service.history(asked.id))).toContain(secret);
    const kept = async () =>
      (
        await service.database.client.query(
          'SELECT * FROM operation, operation_event WHERE id = $1 AND operation_id = id',
          [asked.id],
        )
      ).rows;
    expect((await kept()).map((row: { snapshot: unknown }) => JSON.stringify(row.snapshot)).join()).not.toContain(
      secret,
    );
    double.answerCustomer(asked.id, 'refuse');
    await deliver(asked.id);
    expect(await service.ending(asked.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'authentication_failed' },
    });
    expect(double.chargedUnder(asked.id).status).toBe('canceled');
    expect(() => double.payAgain(asked.id)).toThrow('canceled');
    expect(JSON.stringify([await service.history(asked.id), await kept()])).not.toContain(secret);
  });

  test('lets Stripe’s script confirm without a return page, and cancels what is not approved', async () => {
    const asked = await payments.waitingForTheCustomer();
    expect(asked.nextAction).toEqual({
      type: 'confirm',
      clientData: { provider: 'stripe', clientSecret: expect.stringMatching(/^pi_.+_secret_/) },
    });
    await service.request('POST', `/api/operations/${asked.id}/cancel`);
    expect(await service.ending(asked.id)).toMatchObject({ status: 'canceled' });
    expect(double.chargedUnder(asked.id).status).toBe('canceled');
  });

  test.each([
    ['refund.created', 'refund', { refunded: 300 }],
    ['charge.dispute.created', 'dispute', { disputed: 300, status: 'disputed' }],
  ] as const)('learns by %s what was moved at Stripe without it', async (type, act, after) => {
    const { id, result } = await payments.charged();
    double.actInDashboard(id, act, 300);
    const [subject] = double[`${act}s`].of(String(result?.reference));
    const { body, headers } = double.webhook(type, subject!);
    await service.request('POST', '/api/providers/stripe/webhooks', {
      headers: headers as Record<string, string>,
      body: body.toString(),
    });
    const payment = await eventually(async () => {
      const found = await payments.payment(id);
      return found.movements.length > 0 && found;
    });
    expect(payment).toMatchObject({ ...after, movements: [{ type: act, amount: 300, origin: 'provider' }] });
    const rest = await payments.done('payment.refund', { chargeOperationId: id });
    expect(rest).toMatchObject({ status: 'success', result: { amount: 1699 } });
  });

  test('learns of a charge whose answer was lost', async () => {
    double.faults.plan('POST /v1/payment_intents', { type: 'cut', when: 'after' });
    const { id } = await service.charge();
    await operationOnce(service, id, ({ status }) => status === 'reconciling');
    await deliver(id);
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(double.books(id)).toMatchObject({ charges: 1 });
  });

  test('accepts a webhook under each of its secrets, for their rotation', async () => {
    const { id } = await payments.charged();
    for (const secret of ['whsec_of_last_year', double.webhookSecret]) {
      const { body, headers } = double.webhook('payment_intent.succeeded', double.chargedUnder(id), { secret });
      const request = { headers: headers as Record<string, string>, body: body.toString() };
      expect((await service.request('POST', '/api/providers/stripe/webhooks', request)).status).toBe(200);
    }
  });

  test('shows Stripe as its provider, and that test mode moves no real money', async () => {
    const { body } = await service.get<ProviderView>('/api/payments/provider');
    expect(body).toMatchObject({
      name: 'stripe',
      live: false,
      paymentMethods: [{ token: 'pm_card_visa', summary: 'Is paid, in test mode' }, {}, {}, {}, {}, {}, {}],
    });
  });

  test('accepts only Stripe’s webhooks, and has no sandbox', async () => {
    const { id } = await payments.charged();
    const { body, headers } = double.webhook('payment_intent.succeeded', double.chargedUnder(id), {
      secret: 'whsec_of_a_stranger',
    });
    const forged = await service.request('POST', '/api/providers/stripe/webhooks', {
      headers: headers as Record<string, string>,
      body: body.toString(),
    });
    expect(forged).toMatchObject({ status: 400, body: { code: 'webhook_refused' } });
    const sandbox = await service.post<Problem>('/api/providers/sandbox/webhooks', {});
    expect(sandbox).toMatchObject({ status: 404, body: { code: 'provider_not_found' } });
    expect((await service.get(`/sandbox/authenticate/${'0'.repeat(32)}`)).status).toBe(404);
    expect((await service.post('/sandbox/confirmations', { clientSecret: 'x', approve: true })).status).toBe(404);
  });

  test('starts a sample charge for a page without a kind in Stripe’s test mode', async () => {
    const { body } = await service.post<{ operationId: string }>('/api/startOperation', { type: 'payment' });
    expect(await service.ending(body.operationId)).toMatchObject({
      status: 'success',
      result: { provider: 'stripe', amount: 1999 },
    });
  });
});

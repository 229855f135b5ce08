import { JobReassignment } from '../../src/operations/persistence/job-reassignment.js';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { PaymentProviders } from '../../src/payments/providers/payment-provider-register.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { HeldClock } from '../support/held-clock.js';
import { KestrelDouble } from '../support/made-up-provider/kestrel-double.js';
import { KestrelProvider } from '../support/made-up-provider/kestrel.provider.js';
import { PaymentsOf } from '../support/payments.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { operationOnce } from '../support/work.js';

/** Charges of Kestrel in a process whose new charges go to Stripe, which does not know such tokens. */
describe('a charge of an earlier provider', () => {
  let data: TestDatabase;
  let kestrel: KestrelDouble;
  let stripe: StripeDouble;
  let service: Service;
  let payments: PaymentsOf;
  const charges: Record<'paid' | 'held' | 'heldToo' | 'asking' | 'lost', string> = {
    paid: '',
    held: '',
    heldToo: '',
    asking: '',
    lost: '',
  };

  async function startService(
    providers: (stripe: PaymentProvider, kestrel: PaymentProvider) => PaymentProviders,
  ): Promise<Service> {
    const started = await Service.start(
      {
        PAYMENT_PROVIDER: 'stripe',
        STRIPE_SECRET_KEY: stripe.secretKey,
        STRIPE_API_BASE: stripe.url,
        RETRY_ATTEMPTS: '20',
      },
      data,
    );
    const setUp = started.outcome.app.get(PaymentProviders, { strict: false });
    // PAYMENT_PROVIDER has no name for a fictional provider.
    Object.assign(setUp, providers(setUp.chosen, new KestrelProvider(kestrel, new HeldClock())));
    return started;
  }

  beforeAll(async () => {
    [data, kestrel, stripe] = await Promise.all([createDatabase(), KestrelDouble.start(), StripeDouble.start()]);
    const before = await startService((other, chosen) => new PaymentProviders(chosen, [other]));
    const paymentsBefore = new PaymentsOf(before);
    charges.paid = (await paymentsBefore.charged('kt-good')).id;
    charges.held = (await paymentsBefore.charged('kt-good', { capture: false })).id;
    charges.heldToo = (await paymentsBefore.charged('kt-good', { capture: false })).id;
    charges.asking = (await paymentsBefore.waitingForTheCustomer('kt-asks')).id;
    const { id } = await before.charge('kt-slow');
    await operationOnce(before, id, ({ status }) => status === 'reconciling');
    charges.lost = id;
    await before.stop();

    service = await startService((chosen, other) => new PaymentProviders(chosen, [other]));
    payments = new PaymentsOf(service);
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([kestrel.stop(), stripe.stop()]);
    await data.drop();
  });

  test('is refunded there', async () => {
    const refund = await payments.done('payment.refund', { chargeOperationId: charges.paid, amount: 500 });
    expect(refund).toMatchObject({ status: 'success', result: { provider: 'kestrel', amount: 500 } });
    expect(kestrel.charges.books(charges.paid)).toMatchObject({ captured: 1999, refunded: 500 });
  });

  test('is captured there', async () => {
    const capture = await payments.done('payment.capture', { chargeOperationId: charges.held, amount: 1500 });
    expect(capture).toMatchObject({ status: 'success', result: { provider: 'kestrel', amount: 1500 } });
    expect(kestrel.charges.books(charges.held)).toMatchObject({ captured: 1500 });
  });

  test('is voided there', async () => {
    expect(await payments.done('payment.void', { chargeOperationId: charges.heldToo })).toMatchObject({
      status: 'success',
    });
    expect(kestrel.charges.books(charges.heldToo)).toMatchObject({ captured: 0, voided: true });
  });

  test('is looked up there', async () => {
    kestrel.charges.settle(charges.lost);
    // Its look-ups have become rare, the more so on a slow machine.
    const reassignment = service.outcome.app.get(JobReassignment, { strict: false });
    await eventually(
      async () =>
        (await reassignment.expedite(charges.lost, new Date())) ||
        (await service.get(`/api/operations/${charges.lost}`)).body.done,
    );
    expect(await service.ending(charges.lost)).toMatchObject({
      status: 'success',
      result: { provider: 'kestrel', captured: true },
    });
    expect(kestrel.charges.books(charges.lost)).toMatchObject({ charges: 1, captured: 1999 });
  });

  test('is canceled there', async () => {
    await service.request('POST', `/api/operations/${charges.asking}/cancel`);
    expect(await service.ending(charges.asking)).toMatchObject({ status: 'canceled' });
    expect(kestrel.charges.get(charges.asking).phase).toBe('stopped');
  });

  test('is not sent to the chosen provider, nor new charges to the earlier one', async () => {
    expect(stripe.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    const { status, body } = await service.start('payment.charge', {
      amount: 1999,
      currency: 'EUR',
      paymentMethod: 'kt-good',
    });
    expect([status, (body as unknown as Problem).errors]).toEqual([
      422,
      [expect.objectContaining({ path: 'input.paymentMethod' })],
    ]);
    expect((await payments.charged('pm_card_visa')).result).toMatchObject({ provider: 'stripe' });
  });
});

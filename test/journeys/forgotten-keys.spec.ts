import { jest } from '@jest/globals';
import type { PaymentProvider, ProviderAnswer } from '../../src/payments/providers/payment-provider.js';
import { HOURS } from '../../src/time/durations.js';
import { Gate } from '../support/gate.js';
import type { HeldClock } from '../support/held-clock.js';
import { holdClock } from '../support/maintenance.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { loseWorkers } from '../support/work.js';

/** Stripe may forget a key after 24 hours; an outage of ours may last longer, and a restored backup be older. */
describe('what a lost worker has sent, and another one continues when Stripe has forgotten its key,', () => {
  let double: StripeDouble;
  let service: Service;
  let payments: PaymentsOf;
  let clock: HeldClock;
  beforeAll(async () => {
    double = await StripeDouble.start();
    service = await Service.start({
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_SECRET_KEY: double.secretKey,
      STRIPE_API_BASE: double.url,
    });
    payments = new PaymentsOf(service);
    clock = holdClock(service);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    clock.aheadMs = 0;
  });
  afterAll(async () => {
    await service.stop();
    await double.stop();
  });

  /** Stripe acts, and the worker is lost before it has the answer. Another one continues after 25 hours. */
  async function continuedAfterADay(call: 'charge' | 'refund', start: () => Promise<string>) {
    const provider = providerOf(service) as PaymentProvider &
      Record<typeof call, (r: never) => Promise<ProviderAnswer>>;
    const send = provider[call].bind(provider);
    const sent = new Gate();
    jest.spyOn(provider, call).mockImplementationOnce(async (request: never) => {
      const answer = await send(request);
      await sent.pass();
      return answer;
    });
    const id = await start();
    await sent.reached;
    double.kept.forget();
    double.searchLagMs = 0;
    clock.aheadMs = 25 * HOURS;
    await loseWorkers(service);
    const ending = await service.ending(id);
    sent.open();
    return ending;
  }

  test('is a charge that is found, and not made again', async () => {
    const { id, status } = await continuedAfterADay('charge', async () => (await service.charge()).id);
    expect([status, double.books(id)]).toMatchObject(['success', { charges: 1, captured: 1999 }]);
    expect((await service.history(id)).map(({ type }) => type)).toContain('operation.retrying');
  });

  test('is a part of a refund that is found, and not given back again', async () => {
    const { id: chargeOperationId } = await payments.charged();
    const refund = { chargeOperationId, amount: 500 };
    const { status } = await continuedAfterADay(
      'refund',
      async () => (await service.start('payment.refund', refund)).body.id,
    );
    expect([status, double.books(chargeOperationId)]).toMatchObject(['success', { captured: 1999, refunded: 500 }]);
    expect(await payments.payment(chargeOperationId)).toMatchObject({ refunded: 500 });
  });
});

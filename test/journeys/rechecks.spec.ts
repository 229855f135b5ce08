import { jest } from '@jest/globals';
import { Clock } from '../../src/clock/clock.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { holdClock } from '../support/maintenance.js';
import { eventually, Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { operationOnce } from '../support/work.js';
import { MINUTES } from '../../src/time/durations.js';

const RECHECK_AFTER_MS = 15 * MINUTES;
const ATTENTION_AFTER_MS = 60 * MINUTES;

/** The service asks once more about an ending without success: an abandoned request may have arrived after all. */
describe('the recheck some time after an ending without success', () => {
  let service: Service;
  let provider: PaymentProvider;
  let payments: PaymentsOf;
  let operations: OperationRepository;
  let clock: Clock;
  /** Milliseconds by which the service's clock is ahead. */
  let ahead: number;
  beforeAll(async () => {
    const settings = { RECHECK_AFTER_MS, WATCHDOG_MS: 50, ATTENTION_AFTER_MS, RETRY_ATTEMPTS: 1 };
    service = await Service.start(
      Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
    );
    provider = providerOf(service);
    payments = new PaymentsOf(service);
    operations = service.outcome.app.get(OperationRepository, { strict: false });
    clock = service.outcome.app.get(Clock, { strict: false });
  });
  beforeEach(() => {
    ahead = 0;
    jest.spyOn(clock, 'now').mockImplementation(() => clock.fromNow(ahead));
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => service.stop());

  const unconfirmed = async (id: string): Promise<Date | null> =>
    (
      await service.database.client.query<{ since: Date | null }>(
        'SELECT unconfirmed_since AS since FROM operation WHERE id = $1',
        [id],
      )
    ).rows[0]?.since ?? null;

  /** Sets the clock forward; resolves when everything due then has been rechecked. */
  async function letPass(ms: number): Promise<void> {
    ahead += ms;
    const take = jest.spyOn(operations, 'takeUnconfirmed');
    // The first run may have begun earlier; the third begins only after the second has ended.
    await eventually(async () => take.mock.calls.length >= 3);
    take.mockRestore();
  }

  /** An operation that failed, since the provider reported that nothing had arrived, and was charged afterwards. */
  async function failedAndCharged(): Promise<OperationView> {
    const charge = provider.charge.bind(provider);
    let arrive!: () => Promise<unknown>;
    jest.spyOn(provider, 'charge').mockImplementationOnce((request) => {
      arrive = () => charge(request);
      return Promise.resolve({ type: 'declined', code: 'provider_unavailable' as never, providerCode: null });
    });
    const ended = await service.ending((await service.charge()).id);
    await arrive();
    return ended;
  }

  test('finds money that was taken after all without a webhook, and gives it back', async () => {
    const { id, status } = await failedAndCharged();
    expect(status).toBe('failed');
    await letPass(RECHECK_AFTER_MS);
    expect(await unconfirmed(id)).toBeNull();
    await eventually(async () => (await payments.ledger(id)).refunded === 1999);
  });

  test('asks once about a confirmed ending, and never about a success', async () => {
    const lookUp = jest.spyOn(provider, 'lookUp');
    const declined = await service.ending((await service.charge('pm_card_visa_chargeDeclined')).id);
    const charged = await payments.charged();
    expect(await unconfirmed(charged.id)).toBeNull();
    await letPass(RECHECK_AFTER_MS - 1 * MINUTES);
    expect(await unconfirmed(declined.id)).not.toBeNull();
    expect(lookUp).not.toHaveBeenCalled();

    await letPass(1 * MINUTES);
    expect(await unconfirmed(declined.id)).toBeNull();
    await letPass(RECHECK_AFTER_MS);
    expect(lookUp.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey)).toEqual([declined.id]);
  });

  test('does not delay others if one cannot be looked up, which needs attention in the end', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => service.ending((await service.charge('pm_card_visa_chargeDeclined')).id)),
    );
    const lookUp = provider.lookUp.bind(provider);
    jest.spyOn(provider, 'lookUp').mockImplementation((inquiry) => {
      if (inquiry.idempotencyKey === one?.id) return Promise.reject(new Error('Nobody answers.'));
      return lookUp(inquiry);
    });
    const attention = async () =>
      (await service.get<{ items: OperationView[] }>('/api/operations?attention=true')).body.items.map(({ id }) => id);

    await letPass(RECHECK_AFTER_MS);
    expect(await unconfirmed(other?.id ?? '')).toBeNull();
    expect(await unconfirmed(one?.id ?? '')).not.toBeNull();
    expect(await attention()).toEqual([]);

    await letPass(ATTENTION_AFTER_MS);
    expect(await attention()).toEqual([one?.id]);
    expect(await unconfirmed(one?.id ?? '')).toBeNull();
  });
});

test('finds a charge that reached Stripe after a cancel, although Stripe’s search is an hour behind', async () => {
  const double = await StripeDouble.start();
  const service = await Service.start({
    PAYMENT_PROVIDER: 'stripe',
    STRIPE_SECRET_KEY: double.secretKey,
    STRIPE_API_BASE: double.url,
    WATCHDOG_MS: '50',
    LOOK_UP_BASE_MS: '60000',
  });
  try {
    const clock = holdClock(service);
    double.searchLagMs = 60 * MINUTES;
    double.faults.plan('POST /v1/payment_intents', { type: 'cut', when: 'before' });
    const { id } = await service.charge();
    await operationOnce(service, id, ({ status }) => status === 'reconciling');
    await service.request('POST', `/api/operations/${id}/cancel`);
    expect(await service.ending(id)).toMatchObject({ status: 'canceled' });

    await double.arriveLate(id);
    expect(double.books(id)).toMatchObject({ charges: 1, captured: 1999 });
    clock.aheadMs = RECHECK_AFTER_MS;
    await eventually(async () => double.books(id).refunded === 1999);
    expect((await service.get(`/api/operations/${id}`)).body).toMatchObject({ status: 'canceled' });
  } finally {
    await service.stop();
    await double.stop();
  }
});

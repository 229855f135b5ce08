import { jest } from '@jest/globals';
import type { OperationView } from '../../src/operations/queries/operation-view.js';
import type { PaymentProvider } from '../../src/payments/payment-provider.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';

/** An ending without success is asked of once more: a request that everybody had given up may have arrived after all. */
describe('some time after an ending without success', () => {
  let service: Service;
  let provider: PaymentProvider;
  let payments: PaymentsOf;
  beforeAll(async () => {
    service = await Service.start({ RECHECK_AFTER_MS: '400', WATCHDOG_MS: '50', ATTENTION_AFTER_MS: '1500', RETRY_ATTEMPTS: '1' });
    provider = providerOf(service);
    payments = new PaymentsOf(service);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => service.stop());

  const unconfirmed = async (id: string): Promise<Date | null> =>
    (await service.database.client.query<{ since: Date | null }>('SELECT unconfirmed_since AS since FROM operation WHERE id = $1', [id]))
      .rows[0]?.since ?? null;

  /** Ends as failed, and is charged after that: the provider had said that nothing had arrived. */
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

  test('money that was taken after all is found without a webhook, and given back', async () => {
    const { id, status } = await failedAndCharged();
    expect(status).toBe('failed');
    await eventually(async () => (await payments.ledger(id)).refunded === 1999);
    await eventually(async () => (await unconfirmed(id)) === null);
  });

  test('what is as it was said is asked of once, and a success never', async () => {
    const lookUp = jest.spyOn(provider, 'lookUp');
    const declined = await service.ending((await service.charge('pm_card_visa_chargeDeclined')).id);
    const charged = await payments.charged();
    expect(await unconfirmed(charged.id)).toBeNull();
    await eventually(async () => (await unconfirmed(declined.id)) === null);
    expect(lookUp.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey)).toEqual([declined.id]);
  });

  test('one that cannot be asked of keeps no other waiting, and is a person’s in the end', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => service.ending((await service.charge('pm_card_visa_chargeDeclined')).id)),
    );
    const lookUp = provider.lookUp.bind(provider);
    jest.spyOn(provider, 'lookUp').mockImplementation((inquiry) => {
      if (inquiry.idempotencyKey === one?.id) return Promise.reject(new Error('Nobody answers.'));
      return lookUp(inquiry);
    });
    await eventually(async () => (await unconfirmed(other?.id ?? '')) === null);
    expect(await unconfirmed(one?.id ?? '')).not.toBeNull();
    await eventually(async () => {
      const { body } = await service.get<{ items: OperationView[] }>('/api/operations?attention=true');
      return body.items.some(({ id }) => id === one?.id);
    });
    expect(await unconfirmed(one?.id ?? '')).toBeNull();
  });
});

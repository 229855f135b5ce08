import { OperationReconciler } from '../../src/operations/kinds/operation-reconciler.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { operationOnce, stored } from '../support/work.js';

const CREATE = 'POST /v1/payment_intents';

/** STRIPE_SECRET_KEY is replaced while charges are under way, by one of another account and then by one of the same. */
describe('a charge whose key is replaced by one of another account', () => {
  let database: TestDatabase;
  let former: StripeDouble;
  let other: StripeDouble;
  let service: Service;
  const ids = { lost: '', asking: '', paid: '' };

  async function startAt({ secretKey, url }: StripeDouble, more: Record<string, string> = {}): Promise<Service> {
    const env = { PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: url, ...more };
    const started = await Service.start(env, database);
    await providerOf(started).identify();
    return started;
  }

  const reconcile = (id: string) => service.outcome.app.get(OperationReconciler, { strict: false }).reconcile(id);
  const posts = ({ requests }: StripeDouble) => requests.filter(({ method }) => method === 'POST');
  const details = async (id: string, type: string) =>
    (await service.history(id)).filter((event) => event.type === type).map(({ detail }) => detail);
  const WHY = expect.stringContaining('sent to another account');

  beforeAll(async () => {
    [database, former, other] = await Promise.all([createDatabase(), StripeDouble.start(), StripeDouble.start()]);
    const before = await startAt(former, { LOOK_UP_BASE_MS: '60000' });
    const payments = new PaymentsOf(before);
    ids.paid = (await payments.charged()).id;
    ids.asking = (await payments.waitingForTheCustomer()).id;
    former.faults.plan(CREATE, { type: 'cut', when: 'after' });
    ids.lost = (await before.charge()).id;
    await operationOnce(before, ids.lost, ({ status }) => status === 'reconciling');
    await before.stop();
    service = await startAt(other, { LOOK_UP_BASE_MS: '10' });
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([former.stop(), other.stop()]);
    await database.drop();
  });

  test('is not charged there again; an operator is told at once', async () => {
    const { version } = (await stored(service, ids.lost)) ?? { version: 0 };
    await reconcile(ids.lost);
    await eventually(async () => ((await stored(service, ids.lost))?.version ?? 0) > version);
    expect((await details(ids.lost, 'operation.reconciling')).at(-1)).toMatchObject({
      reason: 'account_differs',
      unexplained: [WHY],
    });
    const { items } = (await service.get<{ items: OperationView[] }>('/api/operations?attention=true')).body;
    expect(items.map(({ id }) => id)).toContain(ids.lost);
    expect(posts(other)).toEqual([]);
  });

  test('is not canceled there in vain while it waits for the customer', async () => {
    await service.request('POST', `/api/operations/${ids.asking}/cancel`);
    await eventually(async () => {
      const { items } = (await service.get<{ items: OperationView[] }>('/api/operations?attention=true')).body;
      return items.some(({ id }) => id === ids.asking);
    });
    expect(await stored(service, ids.asking)).toMatchObject({ status: 'requires_action' });
    expect(posts(other)).toEqual([]);
  });

  test('is not refunded there, and a new one is charged there', async () => {
    const payments = new PaymentsOf(service);
    expect(await payments.done('payment.refund', { chargeOperationId: ids.paid, amount: 500 })).toMatchObject({
      status: 'failed',
      failure: { code: 'account_differs', retryable: false },
    });
    expect(posts(other)).toEqual([]);
    const { id } = await payments.charged();
    expect(await payments.done('payment.refund', { chargeOperationId: id, amount: 500 })).toMatchObject({
      status: 'success',
    });
    expect(other.books(id)).toMatchObject({ charges: 1, refunded: 500 });
  });

  test('is found, canceled and refunded with another key of its own account', async () => {
    await service.stop();
    Object.assign(former, { secretKey: 'sk_test_rolled' });
    service = await startAt(former, { LOOK_UP_BASE_MS: '10' });
    await reconcile(ids.lost);
    expect(await service.ending(ids.lost)).toMatchObject({ status: 'success' });
    expect(former.books(ids.lost)).toMatchObject({ charges: 1, captured: 1999 });
    await reconcile(ids.asking);
    expect(await service.ending(ids.asking)).toMatchObject({ status: 'canceled' });
    const refund = await new PaymentsOf(service).done('payment.refund', { chargeOperationId: ids.paid, amount: 500 });
    expect(refund).toMatchObject({ status: 'success' });
    expect(former.books(ids.paid)).toMatchObject({ charges: 1, refunded: 500 });
  });
});

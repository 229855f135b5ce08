import { OperationReconciler } from '../../src/operations/kinds/operation-reconciler.js';
import { succeeded } from '../../src/operations/kinds/outcome.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { COMPLETE } from '../../src/payments/ledger/payment-ledger.sql.js';
import { PaymentsOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { operationOnce, teach } from '../support/work.js';

const CREATE = 'POST /v1/payment_intents';
const LOOK_UP = 'GET /v1/payment_intents';
const REFUND = 'POST /v1/refunds';

/** What a provider says in a field that moves money, and what an operator reads of it. */
const FIELDS: [field: string, more: object, said: string][] = [
  ['no amount', { amount_received: undefined }, 'malformed: amount: '],
  ['null', { amount_received: null }, 'malformed: amount: '],
  ['a text', { amount_received: '1999' }, 'malformed: amount: '],
  ['another amount', { amount_received: 1 }, '1 EUR, and 1999 EUR was asked for'],
  ['nothing', { amount_received: 0 }, '0 EUR, and 1999 EUR was asked for'],
  ['another currency', { currency: 'usd' }, '1999 USD, and 1999 EUR was asked for'],
  ['an authorization only', { status: 'requires_capture', amount_capturable: 1999 }, 'not captured'],
  ['no name', { id: undefined }, 'malformed: reference: '],
  ['a name that no database takes', { id: 'pi_\u0000' }, 'malformed: reference: '],
];

describe('a provider’s answer with a malformed field', () => {
  let double: StripeDouble;
  let service: Service;
  let payments: PaymentsOf;
  beforeAll(async () => {
    double = await StripeDouble.start();
    service = await Service.start({
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_SECRET_KEY: double.secretKey,
      STRIPE_API_BASE: double.url,
      LOOK_UP_BASE_MS: '50',
    });
    payments = new PaymentsOf(service);
  });
  afterAll(async () => {
    await service.stop();
    await double.stop();
  });

  const requests = (id: string) => double.requests.filter(({ key, method }) => method === 'POST' && key === id);
  const firstDoubt = async (id: string) =>
    (await service.history(id)).find(({ type }) => type === 'operation.reconciling')?.detail;

  test.each(FIELDS)('ends no charge, and is looked up: %s', async (_, fields, said) => {
    double.faults.plan(CREATE, { type: 'garbled', into: { fields }, when: 'after' });
    const { id } = await service.charge();
    expect(await service.ending(id)).toMatchObject({ status: 'success', result: { amount: 1999, currency: 'EUR' } });
    expect(await firstDoubt(id)).toMatchObject({ unexplained: [expect.stringContaining(said)] });
    expect([requests(id).length, double.books(id).charges]).toEqual([1, 1]);
  });

  test.each([
    ['another amount', { amount: 1 }, '1 EUR, and 500 EUR was asked for'],
    ['no amount', { amount: undefined }, 'malformed: amount: '],
    ['another currency', { currency: 'usd' }, '500 USD, and 500 EUR was asked for'],
    ['no name', { id: null }, 'malformed: reference: '],
  ])('ends no refund, and is looked up: %s', async (_, fields, said) => {
    const { id: chargeOperationId } = await payments.charged();
    double.faults.plan(REFUND, { type: 'garbled', into: { fields }, when: 'after' });
    const refund = await payments.done('payment.refund', { chargeOperationId, amount: 500 });
    expect(refund).toMatchObject({ status: 'success', result: { amount: 500 } });
    expect(await firstDoubt(refund.id)).toMatchObject({ unexplained: [expect.stringContaining(said)] });
    expect(double.books(chargeOperationId)).toMatchObject({ refunded: 500 });
  });

  test('in its state calls an operator, and changes no sum', async () => {
    const { id } = await payments.charged();
    double.faults.plan(LOOK_UP, { type: 'garbled', into: { fields: { amount_received: null } }, when: 'after' });
    await service.outcome.app.get(OperationReconciler, { strict: false }).reconcile(id);
    expect((await service.history(id)).at(-1)).toMatchObject({
      type: 'operation.answered_late',
      detail: { answer: 'books_differ', unexplained: [expect.stringContaining('captured: expected a whole number')] },
    });
    expect(await payments.payment(id)).toMatchObject({ authorized: 1999, captured: 1999 });
  });

  test('that every look-up repeats is asked for ever less often, and an operator is told at once', async () => {
    const wrong = { type: 'garbled', into: { fields: { amount_received: 1 } }, when: 'after' } as const;
    double.faults.plan(CREATE, wrong);
    double.faults.plan(LOOK_UP, ...Array.from({ length: 20 }, () => wrong));
    const { id } = await service.charge();
    await operationOnce(service, id, ({ status }) => status === 'reconciling');
    const { items } = (await service.get<{ items: OperationView[] }>('/api/operations?attention=true')).body;
    expect(items.map((item) => item.id)).toContain(id);
    await eventually(async () => (await service.history(id)).length > 4);
    const lookUps = (await service.history(id)).flatMap(({ type, occurredAt, detail }) =>
      type === 'operation.reconciling' ? [Date.parse(String(detail?.nextLookUpAt)) - Date.parse(occurredAt)] : [],
    );
    expect(lookUps.slice(0, 3)).toEqual([50, 250, 1500]);
    expect(requests(id)).toHaveLength(1);
    expect(await payments.payment(id)).toMatchObject({ authorized: 0, captured: 0 });
  });
});

describe('an outcome that cannot be stored', () => {
  let service: Service;
  let executions: number;
  beforeAll(async () => {
    service = await Service.start({ LOOK_UP_BASE_MS: '10', RETRY_ATTEMPTS: '3' });
  });
  afterAll(() => service.stop());
  beforeEach(() => {
    executions = 0;
  });

  const unstorable = async () => {
    executions += 1;
    const row = { operationId: 'no id', reference: 'r' };
    return { ...succeeded({}), storedWith: { statement: COMPLETE, row, insteadOf: () => undefined } };
  };

  test('is unknown, is looked up, and is told to an operator; nothing is done again', async () => {
    teach(service, 'test.unstorable', { execute: unstorable, lookUp: async () => succeeded({ found: true }) });
    const { id } = (await service.start('test.unstorable', {})).body;
    expect(await service.ending(id)).toMatchObject({ status: 'success', result: { found: true } });
    expect((await service.history(id)).find(({ type }) => type === 'operation.reconciling')?.detail).toMatchObject({
      reason: 'outcome_not_storable',
      unexplained: [expect.any(String)],
    });
    expect(executions).toBe(1);
  });

  test('is repeated as often as any other, and fails then, where nothing can be looked up', async () => {
    teach(service, 'test.again', { execute: unstorable });
    const { id } = (await service.start('test.again', {})).body;
    expect(await service.ending(id)).toMatchObject({ status: 'failed', failure: { code: 'outcome_not_storable' } });
    expect(executions).toBe(3);
  });
});

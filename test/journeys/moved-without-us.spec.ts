import { jest } from '@jest/globals';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { actInDashboard, type DashboardAct } from '../../src/payments/providers/sandbox/act-in-dashboard.command.js';
import { SandboxLedger } from '../../src/payments/providers/sandbox/sandbox-ledger.js';
import type { PaymentView } from '../../src/payments/ledger/get-payment.query.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';

describe('money moved at the provider without us', () => {
  let service: Service;
  let payments: PaymentsOf;
  beforeAll(async () => {
    service = await Service.start();
    payments = new PaymentsOf(service);
  });
  afterAll(() => service.stop());
  afterEach(() => jest.restoreAllMocks());

  const referenceOf = ({ result }: OperationView) => String(result?.reference);

  /** Acts in the sandbox's dashboard, which sends a webhook. */
  async function act(charge: OperationView, what: DashboardAct, amount?: number): Promise<void> {
    const body = amount === undefined ? {} : { amount };
    const { status } = await service.post(`/sandbox/charges/${referenceOf(charge)}/${what}`, body);
    expect(status).toBe(200);
  }

  /** Acts in the dashboard without a webhook. */
  const actWithoutWebhook = (charge: OperationView, what: DashboardAct, amount?: number) =>
    actInDashboard(service.outcome.app.get(SandboxLedger, { strict: false }), {
      charge: referenceOf(charge),
      act: what,
      amount,
    });

  const paymentOnce = (id: string, isSo: (payment: PaymentView) => boolean) =>
    eventually(async () => {
      const payment = await payments.payment(id);
      return isSo(payment) && payment;
    });

  /** The provider tells of these movements of the charge when it is asked next about it. */
  function tellOnceOf(charge: OperationView, movements: object[]): void {
    const provider = providerOf(service);
    const inspect = provider.inspect.bind(provider);
    let isTold = false;
    jest.spyOn(provider, 'inspect').mockImplementation(async (asked) => {
      const found = await inspect(asked);
      if (isTold || asked.charge !== referenceOf(charge)) return found;
      isTold = true;
      return { ...found, movements } as never;
    });
  }

  const attention = async () =>
    (await service.get<{ items: OperationView[] }>('/api/operations?attention=true&limit=100')).body.items.map(
      ({ id }) => id,
    );

  test('by a refund: only the rest can be refunded', async () => {
    const charge = await payments.charged();
    await act(charge, 'refund', 500);
    const payment = await paymentOnce(charge.id, ({ refunded }) => refunded > 0);
    expect(payment).toMatchObject({
      status: 'partially_refunded',
      refunded: 500,
      movements: [
        { type: 'refund', amount: 500, origin: 'provider', operationId: null, reference: expect.any(String) },
      ],
    });
    const rest = await payments.done('payment.refund', { chargeOperationId: charge.id });
    expect(rest).toMatchObject({ status: 'success', result: { amount: 1499 } });
    expect(await payments.payment(charge.id)).toMatchObject({
      status: 'refunded',
      refunded: 1999,
      movements: [{ origin: 'provider' }, { origin: 'operation', operationId: rest.id }],
    });
    expect(await payments.ledger(charge.id)).toMatchObject({ refunded: 1999 });
    expect(await attention()).not.toContain(charge.id);
  });

  test('by a capture: the captured amount can be refunded', async () => {
    const charge = await payments.authorized();
    await act(charge, 'capture', 1500);
    await paymentOnce(charge.id, ({ captured }) => captured === 1500);
    const refund = await payments.done('payment.refund', { chargeOperationId: charge.id });
    expect(refund).toMatchObject({ status: 'success', result: { amount: 1500 } });
  });

  test('by a release: the payment shows it, and can no longer be captured', async () => {
    const charge = await payments.authorized();
    await act(charge, 'void');
    expect(await paymentOnce(charge.id, ({ voidedAt }) => voidedAt !== null)).toMatchObject({
      status: 'voided',
      movements: [{ type: 'void', origin: 'provider' }],
    });
    const refused = await service.start('payment.capture', { chargeOperationId: charge.id });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'authorization_not_open', detail: expect.stringContaining('voided') },
    });
  });

  test('by a dispute: its amount cannot be refunded until the dispute is won', async () => {
    const charge = await payments.charged();
    await act(charge, 'dispute');
    expect(await paymentOnce(charge.id, ({ disputed }) => disputed > 0)).toMatchObject({
      status: 'disputed',
      disputed: 1999,
    });
    const refused = await service.start('payment.refund', { chargeOperationId: charge.id });
    expect(refused).toMatchObject({ status: 409, body: { code: 'amount_exceeds_payment' } });
    await act(charge, 'win_dispute');
    expect(await paymentOnce(charge.id, ({ disputed }) => disputed === 0)).toMatchObject({
      status: 'captured',
      movements: [],
    });
    expect((await service.start('payment.refund', { chargeOperationId: charge.id })).status).toBe(202);
  });

  test('by a dispute of refunded money needs attention, once, with the reason in the history', async () => {
    const charge = await payments.charged();
    await payments.done('payment.refund', { chargeOperationId: charge.id });
    await act(charge, 'dispute');
    await eventually(async () => (await attention()).includes(charge.id));
    expect((await service.history(charge.id)).at(-1)).toMatchObject({
      type: 'operation.answered_late',
      detail: { answer: 'books_differ', unexplained: [expect.stringContaining('twice')] },
      operation: { status: 'success' },
    });
    await service.post(`/api/operations/${charge.id}/resolve`, { by: 'Ada', reason: 'Evidence was sent.' });
    await service.database.client.query('UPDATE payment SET reconcile_at = now() WHERE charge_operation_id = $1', [
      charge.id,
    ]);
    await eventually(async () => {
      const { rows } = await service.database.client.query<{ later: boolean }>(
        `SELECT reconcile_at > now() + interval '1 hour' AS later FROM payment WHERE charge_operation_id = $1`,
        [charge.id],
      );
      return rows[0]?.later;
    });
    expect(await attention()).not.toContain(charge.id);
  });

  test('is found without a webhook when the reconciliation is due', async () => {
    const charge = await payments.charged();
    await actWithoutWebhook(charge, 'refund', 700);
    const { rowCount } = await service.database.client.query(
      `UPDATE payment SET reconcile_at = now() WHERE charge_operation_id = $1
        AND reconcile_at BETWEEN now() + interval '23 hours' AND now() + interval '1 day'`,
      [charge.id],
    );
    expect(rowCount).toBe(1);
    expect(await paymentOnce(charge.id, ({ refunded }) => refunded > 0)).toMatchObject({ refunded: 700 });
  });

  test('is found when it makes a refund of ours fail', async () => {
    const charge = await payments.charged();
    await actWithoutWebhook(charge, 'refund', 1000);
    const declined = await payments.done('payment.refund', { chargeOperationId: charge.id });
    expect(declined).toMatchObject({ status: 'failed', failure: { code: 'amount_too_large' } });
    await paymentOnce(charge.id, ({ refunded }) => refunded === 1000);
    expect(await payments.done('payment.refund', { chargeOperationId: charge.id })).toMatchObject({
      status: 'success',
      result: { amount: 999 },
    });
  });

  test('does not count a concurrent refund of ours twice', async () => {
    const charge = await payments.charged();
    const provider = providerOf(service);
    const gate = new Gate();
    const refund = provider.refund.bind(provider);
    jest.spyOn(provider, 'refund').mockImplementationOnce(async (request) => {
      const answer = await refund(request);
      await gate.pass();
      return answer;
    });
    const { body } = await service.start('payment.refund', { chargeOperationId: charge.id, amount: 300 });
    await gate.reached;
    await act(charge, 'refund', 200);
    expect(await paymentOnce(charge.id, ({ refunded }) => refunded > 0)).toMatchObject({ refunded: 200 });
    gate.open();
    await service.ending(body.id);
    expect(await payments.payment(charge.id)).toMatchObject({ refunded: 500 });
    expect(await payments.ledger(charge.id)).toMatchObject({ refunded: 500 });
  });

  test('needs attention if the provider lost a movement of ours', async () => {
    const charge = await payments.charged();
    const refund = await payments.done('payment.refund', { chargeOperationId: charge.id, amount: 300 });
    tellOnceOf(charge, []);
    await service.database.client.query('UPDATE payment SET reconcile_at = now() WHERE charge_operation_id = $1', [
      charge.id,
    ]);
    await eventually(async () => (await attention()).includes(charge.id));
    expect((await service.history(charge.id)).at(-1)?.detail).toMatchObject({
      unexplained: [expect.stringContaining(String(refund.result?.reference))],
    });
  });

  test('needs attention if its reference is another charge’s, and is not compared more often', async () => {
    const [one, other] = [await payments.charged(), await payments.charged()];
    const refund = await payments.done('payment.refund', { chargeOperationId: other.id, amount: 300 });
    const reference = referenceOf(refund);
    tellOnceOf(one, [{ type: 'refund', reference, amount: 300, idempotencyKey: null, stands: true }]);
    await service.database.client.query('UPDATE payment SET reconcile_at = now() WHERE charge_operation_id = $1', [
      one.id,
    ]);
    await eventually(async () => (await attention()).includes(one.id));
    expect((await service.history(one.id)).at(-1)?.detail).toMatchObject({
      unexplained: [expect.stringContaining(reference)],
    });
    const { rowCount } = await service.database.client.query(
      `SELECT FROM payment WHERE charge_operation_id = $1 AND refunded = 0
        AND reconcile_at > now() + interval '1 hour'`,
      [one.id],
    );
    expect(rowCount).toBe(1);
  });

  test('is found at one provider while another is unreachable', async () => {
    const [one, other] = [await payments.charged(), await payments.charged()];
    await actWithoutWebhook(other, 'refund', 100);
    const provider = providerOf(service);
    const inspect = provider.inspect.bind(provider);
    jest
      .spyOn(provider, 'inspect')
      .mockImplementation((asked) =>
        asked.charge === referenceOf(one) ? Promise.reject(new Error('Away.')) : inspect(asked),
      );
    await service.database.client.query(
      `UPDATE payment SET reconcile_at = now() - CASE charge_operation_id
        WHEN $1 THEN interval '1 minute' ELSE interval '0' END
       WHERE charge_operation_id = ANY($2)`,
      [one.id, [one.id, other.id]],
    );
    expect(await paymentOnce(other.id, ({ refunded }) => refunded > 0)).toMatchObject({ refunded: 100 });
  });
});

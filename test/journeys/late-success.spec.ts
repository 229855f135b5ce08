import { jest } from '@jest/globals';
import { OperationReconciler } from '../../src/operations/kinds/operation-reconciler.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { operationOnce } from '../support/work.js';

describe('a charge that takes effect after it has ended otherwise', () => {
  let service: Service;
  let payments: PaymentsOf;
  let provider: PaymentProvider;
  beforeAll(async () => {
    service = await Service.start({ RETRY_ATTEMPTS: '1' });
    payments = new PaymentsOf(service);
    provider = providerOf(service);
  });
  afterAll(() => service.stop());
  afterEach(() => jest.restoreAllMocks());

  const reconcile = (id: string) => service.outcome.app.get(OperationReconciler, { strict: false }).reconcile(id);
  const list = async (query: string) =>
    (await service.get<{ items: OperationView[] }>(`/api/operations?${query}`)).body.items;
  const attention = async () => (await list('attention=true&limit=100')).map(({ id }) => id);
  const reversalsOf = async (id: string) =>
    (await list('kind=payment.reversal&limit=100')).filter(({ metadata }) => metadata.reverses === id);

  /** A charge that has failed, since the provider seemed unreachable, although it charged. */
  async function failedYetCharged(more: Record<string, unknown> = {}): Promise<string> {
    const charge = provider.charge.bind(provider);
    jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      await charge(request);
      const { RetryableError } = await import('../../src/operations/kinds/outcome.js');
      throw new RetryableError('provider_unavailable', 'Away.');
    });
    const { body } = await service.start('payment.charge', {
      amount: 1999,
      currency: 'EUR',
      paymentMethod: 'pm_card_visa',
      ...more,
    });
    expect(await service.ending(body.id)).toMatchObject({ status: 'failed' });
    return body.id;
  }

  async function reversed(id: string): Promise<OperationView> {
    const [reversal] = await eventually(async () => {
      const found = await reversalsOf(id);
      return found.length > 0 && found;
    }, 30_000);
    return service.ending(reversal?.id ?? '');
  }

  test('is refunded if the money was taken, as its history shows', async () => {
    const id = await failedYetCharged();
    const before = await service.history(id);
    expect(await reconcile(id)).toBe('reconciled');
    const reversal = await reversed(id);
    expect(reversal).toMatchObject({
      status: 'success',
      kind: 'payment.reversal',
      result: { chargeOperationId: id, amount: 1999 },
    });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999 });
    expect(await payments.payment(id)).toMatchObject({ status: 'refunded', captured: 1999, refunded: 1999 });
    const history = await service.history(id);
    expect(history.slice(0, -1)).toEqual(before);
    expect(history.at(-1)).toMatchObject({
      type: 'operation.answered_late',
      detail: { answer: 'succeeded', reversedBy: reversal.id },
      operation: { status: 'failed', done: true },
    });
    expect(await attention()).not.toContain(id);
  });

  test('is voided if the money was only authorized', async () => {
    const id = await failedYetCharged({ capture: false });
    await reconcile(id);
    expect(await reversed(id)).toMatchObject({ status: 'success' });
    expect(await payments.ledger(id)).toMatchObject({ captured: 0, refunded: 0, voided: true });
    expect(await payments.payment(id)).toMatchObject({ status: 'voided' });
  });

  test('is reversed once, however often the webhook is delivered', async () => {
    const id = await failedYetCharged();
    await Promise.all([reconcile(id), reconcile(id), reconcile(id)]);
    await reversed(id);
    await reconcile(id);
    expect(await reversalsOf(id)).toHaveLength(1);
    const late = (await service.history(id)).filter(({ type }) => type === 'operation.answered_late');
    expect(late).toHaveLength(1);
    expect(await payments.ledger(id)).toMatchObject({ refunded: 1999 });
  });

  test('cannot be refunded by a client meanwhile', async () => {
    const id = await failedYetCharged();
    await reconcile(id);
    expect(await service.start('payment.refund', { chargeOperationId: id })).toMatchObject({
      status: 409,
      body: { code: 'charge_not_successful' },
    });
    await reversed(id);
  });

  test('needs attention if the reversal fails, until an operator resolves it', async () => {
    jest
      .spyOn(provider, 'refund')
      .mockResolvedValue({ type: 'declined', code: 'refund_failed', providerCode: 'expired' });
    const id = await failedYetCharged();
    await reconcile(id);
    const reversal = await reversed(id);
    expect(reversal).toMatchObject({ status: 'failed', failure: { code: 'refund_failed' } });
    expect(await attention()).toContain(reversal.id);
    const resolved = await service.post(`/api/operations/${reversal.id}/resolve`, {
      by: 'Ada',
      reason: 'Paid back by bank transfer.',
    });
    expect(resolved).toMatchObject({ status: 200, body: { status: 'failed' } });
    expect(await attention()).not.toContain(reversal.id);
    expect((await service.history(reversal.id)).at(-1)).toMatchObject({
      type: 'operation.reviewed',
      detail: { resolvedBy: 'Ada', reason: 'Paid back by bank transfer.' },
    });
    const again = await service.post(`/api/operations/${reversal.id}/resolve`, { by: 'Ada', reason: 'Again.' });
    expect(again).toMatchObject({ status: 409, body: { code: 'nothing_to_review' } });
  });

  test('although canceled at the provider is reversed after the provider’s webhook', async () => {
    const { id } = await payments.waitingForTheCustomer('pm_sandbox_canceled_yet_charged');
    await service.request('POST', `/api/operations/${id}/cancel`);
    expect(await service.ending(id)).toMatchObject({ status: 'canceled' });
    expect(await reversed(id)).toMatchObject({ status: 'success' });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999 });
  });

  test('is reversed even if a client requests to cancel the reversal', async () => {
    const gate = new Gate();
    const refund = provider.refund.bind(provider);
    jest.spyOn(provider, 'refund').mockImplementationOnce(async (request) => {
      await gate.pass();
      return refund(request);
    });
    const id = await failedYetCharged();
    await reconcile(id);
    await gate.reached;
    const [reversal] = await reversalsOf(id);
    const refused = await service.request('POST', `/api/operations/${reversal?.id}/cancel`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'transition_not_allowed' } });
    gate.open();
    expect(await reversed(id)).toMatchObject({ status: 'success' });
  });

  test('is found in the ledger and reversed without a webhook', async () => {
    const charge = provider.charge.bind(provider);
    const gate = new Gate();
    jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      await gate.pass();
      return charge(request);
    });
    const { id } = await service.charge();
    await gate.reached;
    // Another writer ended it meanwhile: the worker's answer is refused, and yet the provider charges.
    await service.database.client.query(
      `UPDATE operation SET status = 'canceled', finished_at = now(), version = version + 1, fence = fence + 1
        WHERE id = $1`,
      [id],
    );
    await service.database.client.query(
      `INSERT INTO operation_event SELECT id, version, 'operation.canceled', now(), jsonb_build_object('status',
        status, 'finishedAt', now()), NULL FROM operation WHERE id = $1`,
      [id],
    );
    gate.open();
    expect(await reversed(id)).toMatchObject({ status: 'success' });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999 });
  });

  test('is found in the ledger if it ended long after the money moved', async () => {
    const id = await failedYetCharged();
    await service.database.client.query(
      `UPDATE payment SET authorized = 1999, captured = 1999, updated_at = now() - interval '2 hours',
         reference = (SELECT reference FROM sandbox.charge WHERE idempotency_key = $1)
       WHERE charge_operation_id::text = $1`,
      [id],
    );
    expect(await reversed(id)).toMatchObject({ status: 'success' });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999 });
  });

  test('is refunded if the void is too late because another system captured it', async () => {
    const release = provider.void.bind(provider);
    jest.spyOn(provider, 'void').mockImplementationOnce(async (request) => {
      await provider.capture({ ...request, amount: 1999, idempotencyKey: `in the dashboard ${request.operationId}` });
      return release(request);
    });
    const id = await failedYetCharged({ capture: false });
    await reconcile(id);
    expect(await reversed(id)).toMatchObject({ status: 'success', result: { amount: 1999 } });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999, voided: false });
    expect(await payments.payment(id)).toMatchObject({ status: 'refunded', captured: 1999, refunded: 1999 });
  });

  test('cannot be started as a reversal by a client', async () => {
    const { id } = await payments.charged();
    const refused = await service.start('payment.reversal', { chargeOperationId: id });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'unknown_kind', detail: expect.not.stringContaining(', payment.reversal') },
    });
  });
});

describe('a refund that fails after it had succeeded', () => {
  test('stays a success, and needs attention', async () => {
    const service = await Service.start();
    try {
      const payments = new PaymentsOf(service);
      const { id: charge } = await payments.charged();
      const refund = await payments.done('payment.refund', { chargeOperationId: charge });
      jest
        .spyOn(providerOf(service), 'lookUp')
        .mockResolvedValue({ type: 'declined', code: 'refund_failed', providerCode: 'lost_or_stolen_card' });
      await service.outcome.app.get(OperationReconciler, { strict: false }).reconcile(refund.id);
      const { body } = await service.get<{ items: OperationView[] }>('/api/operations?attention=true');
      expect(body.items).toMatchObject([{ id: refund.id, status: 'success' }]);
      await operationOnce(service, refund.id, ({ status }) => status === 'success');
      expect((await service.history(refund.id)).at(-1)).toMatchObject({
        type: 'operation.answered_late',
        detail: { answer: 'failed' },
      });
      expect(await payments.payment(charge)).toMatchObject({ refunded: 0, status: 'captured' });
      expect((await service.start('payment.refund', { chargeOperationId: charge })).status).toBe(202);
    } finally {
      jest.restoreAllMocks();
      await service.stop();
    }
  });
});

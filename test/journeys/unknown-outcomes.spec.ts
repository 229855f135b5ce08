import { jest } from '@jest/globals';
import { OperationReconciler } from '../../src/operations/kinds/operation-reconciler.js';
import { OperationProcessor } from '../../src/operations/execution/operation.processor.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import type { PaymentProvider, ProviderLookUp } from '../../src/payments/providers/payment-provider.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { operationOnce } from '../support/work.js';

describe('a charge whose outcome stays unknown', () => {
  let service: Service;
  let payments: PaymentsOf;
  let provider: PaymentProvider;
  let real: Pick<PaymentProvider, 'charge' | 'lookUp'>;
  beforeAll(async () => {
    service = await Service.start({ LOOK_UP_BASE_MS: '10' });
    payments = new PaymentsOf(service);
    provider = providerOf(service);
    real = { charge: provider.charge.bind(provider), lookUp: provider.lookUp.bind(provider) };
  });
  afterAll(() => service.stop());
  beforeEach(() => {
    jest.spyOn(provider, 'charge').mockResolvedValueOnce({ type: 'unknown', reason: 'answer_lost' });
    jest.spyOn(provider, 'lookUp').mockResolvedValue({ type: 'unknown', reason: 'still_unknown' });
  });
  const worker = () => service.outcome.app.get(OperationProcessor, { strict: false }).worker;
  afterEach(async () => {
    jest.restoreAllMocks();
    await worker().resume();
  });

  const receiptOf = (reference: string) => ({
    provider: 'sandbox',
    reference,
    amount: 1999,
    currency: 'EUR',
    captured: true,
  });
  const FAILED = { by: 'Ada', reason: 'No such charge in the dashboard.', outcome: { status: 'failed' } };
  const TIDY = { ...FAILED, force: true };
  const resolve = (id: string, body: unknown) => service.post(`/api/operations/${id}/resolve`, body);
  const attention = async () =>
    (await service.get<{ items: OperationView[] }>('/api/operations?attention=true&limit=100')).body.items.map(
      ({ id }) => id,
    );

  /** Repeats if a look-up under way has just overwritten it. */
  const aDayPasses = (id: string) =>
    service.database.client.query(`UPDATE operation SET attention_at = attention_at - interval '1 day' WHERE id = $1`, [
      id,
    ]);

  async function unknown(): Promise<string> {
    const { id } = await service.charge();
    await operationOnce(service, id, ({ status }) => status === 'reconciling');
    return id;
  }

  test('never fails, is looked up again and again, and needs attention after a while', async () => {
    const id = await unknown();
    expect(await attention()).not.toContain(id);
    await eventually(async () => {
      await aDayPasses(id);
      return (await attention()).includes(id);
    });
    const lookUps = await eventually(async () => {
      const found = (await service.history(id)).filter(({ type }) => type === 'operation.reconciling');
      return found.length > 3 && found;
    });
    expect(lookUps.map(({ detail }) => detail?.lookUp)).toEqual(lookUps.map((_, at) => at + 1));
    expect((await service.get(`/api/operations/${id}`)).body).toMatchObject({ status: 'reconciling', done: false });
    await resolve(id, TIDY);
  });

  /**
   * Holds the worker's next look-up until the test opens the gate; only the operator asks meanwhile, and gets this
   * answer.
   */
  function whileTheWorkerIsHeld(lookUp: PaymentProvider['lookUp']): Gate {
    const gate = new Gate();
    jest
      .mocked(provider.lookUp)
      .mockImplementationOnce(async () => {
        await gate.pass();
        return { type: 'unknown', reason: 'still_unknown' };
      })
      .mockImplementation(lookUp);
    return gate;
  }

  test.each<ProviderLookUp>([
    { type: 'never_arrived' },
    { type: 'declined', code: 'card_declined', providerCode: null },
  ])('is resolved as failed by an operator, with their name, if the provider agrees: $type', async (found) => {
    const gate = whileTheWorkerIsHeld(async () => found);
    const id = await unknown();
    await gate.reached;
    const resolved = await resolve(id, FAILED);
    gate.open();
    expect(resolved).toMatchObject({
      status: 200,
      body: { status: 'failed', done: true, failure: { code: 'resolved_by_operator' } },
    });
    expect((await service.history(id)).at(-1)).toMatchObject({
      type: 'operation.failed',
      detail: { resolvedBy: 'Ada', reason: 'No such charge in the dashboard.' },
    });
    expect((await service.history(id)).at(-1)?.detail).not.toHaveProperty('forced');
    expect(await attention()).not.toContain(id);
  });

  test.each([false, true])(
    'is not resolved as failed if the provider reports a success, by force or not: %s',
    async (force) => {
      const gate = whileTheWorkerIsHeld(real.lookUp);
      const { id, reference } = await chargedUnknown();
      await gate.reached;
      expect(await resolve(id, { ...FAILED, force })).toMatchObject({
        status: 422,
        body: {
          code: 'invalid_body',
          errors: [{ path: 'outcome.status', message: expect.stringContaining(reference) }],
        },
      });
      gate.open();
      expect(await service.ending(id)).toMatchObject({ status: 'success', result: { reference } });
    },
  );

  test.each<[string, PaymentProvider['lookUp']]>([
    ['Away.', () => Promise.reject(new Error('Away.'))],
    ['still_unknown', async () => ({ type: 'unknown', reason: 'still_unknown' })],
    ['pending', async () => ({ type: 'pending', reference: 'of what is pending' })],
  ])('is resolved as failed only by force if the provider cannot tell: %s', async (reason, lookUp) => {
    const gate = whileTheWorkerIsHeld(lookUp);
    const id = await unknown();
    await gate.reached;
    expect(await resolve(id, FAILED)).toMatchObject({
      status: 409,
      body: { code: 'resolution_not_verified', detail: expect.stringContaining(reason) },
    });
    expect(await resolve(id, { ...FAILED, force: true })).toMatchObject({ status: 200, body: { status: 'failed' } });
    gate.open();
    expect((await service.history(id)).at(-1)).toMatchObject({
      type: 'operation.failed',
      detail: { resolvedBy: 'Ada', forced: true },
    });
  });

  /** The provider has charged, and its answer is lost. */
  async function chargedUnknown(): Promise<{ id: string; reference: string }> {
    jest
      .mocked(provider.charge)
      .mockReset()
      .mockImplementationOnce(async (request) => {
        await real.charge(request);
        return { type: 'unknown', reason: 'answer_lost' };
      });
    const id = await unknown();
    const found = await real.lookUp({ call: 'charge', idempotencyKey: id, charge: null, sentAt: new Date() });
    return { id, reference: 'reference' in found ? String(found.reference) : '' };
  }

  /** @returns the id of a successful charge. */
  async function refundable(): Promise<string> {
    jest.mocked(provider.charge).mockReset().mockImplementation(real.charge);
    return (await payments.charged()).id;
  }

  const refunded = (chargeOperationId: string) => payments.done('payment.refund', { chargeOperationId, amount: 5 });

  const succeeded = (reference: string, more: object = {}) => ({
    by: 'Ada',
    reason: 'Found in the dashboard.',
    outcome: { status: 'success', result: receiptOf(reference) },
    ...more,
  });

  test('is resolved as a success by an operator, and can then be refunded', async () => {
    const { id, reference } = await chargedUnknown();
    expect(await resolve(id, succeeded(reference))).toMatchObject({
      status: 200,
      body: { status: 'success', result: receiptOf(reference) },
    });
    expect(await payments.payment(id)).toMatchObject({ status: 'captured', reference, captured: 1999 });
    expect((await service.history(id)).at(-1)?.detail).toEqual({
      resolvedBy: 'Ada',
      reason: 'Found in the dashboard.',
    });
    expect((await service.start('payment.refund', { chargeOperationId: id })).status).toBe(202);
  });

  test.each([false, true])(
    'is not resolved with the reference of another charge, by force or not: %s',
    async (force) => {
      const [one, other] = [await chargedUnknown(), await chargedUnknown()];
      const violation = { path: 'outcome.result.reference', message: expect.stringContaining(other.id) };
      const invalid = { status: 422, body: { code: 'invalid_body', errors: [violation] } };
      // First by the provider's answer, while the ledger does not know it yet; then by the ledger.
      expect(await resolve(one.id, succeeded(other.reference, { force }))).toMatchObject(invalid);
      await resolve(other.id, succeeded(other.reference));
      expect(await resolve(one.id, succeeded(other.reference, { force }))).toMatchObject(invalid);
      expect(await resolve(one.id, succeeded('sb_of_nobody', { force }))).toMatchObject({ status: 422 });
      expect(await payments.payment(one.id)).toMatchObject({ authorized: 0, reference: null });
      await resolve(one.id, TIDY);
    },
  );

  test('is resolved only by force if the provider cannot be asked, as its history shows', async () => {
    const { id, reference } = await chargedUnknown();
    jest.spyOn(provider, 'inspect').mockRejectedValue(new Error('Away.'));
    expect(await resolve(id, succeeded(reference))).toMatchObject({
      status: 409,
      body: { code: 'resolution_not_verified', detail: expect.stringContaining('Away.') },
    });
    expect((await service.get(`/api/operations/${id}`)).body.status).toBe('reconciling');
    expect(await resolve(id, succeeded(reference, { force: true }))).toMatchObject({
      status: 200,
      body: { status: 'success' },
    });
    expect((await service.history(id)).at(-1)).toMatchObject({
      type: 'operation.succeeded',
      detail: { resolvedBy: 'Ada', forced: true },
    });
  });

  test('is refused if another one is resolved with the same reference at once, and continues', async () => {
    const [one, other] = [await chargedUnknown(), await unknown()];
    const asked = [new Gate(), new Gate()];
    let place = 0;
    jest.spyOn(provider, 'inspect').mockImplementation(async () => {
      await asked[place++]?.pass();
      throw new Error('Away.');
    });
    const ids = [one.id, other];
    const resolving = ids.map((id) => resolve(id, succeeded(one.reference, { force: true })));
    // Both have been compared with the ledger by now.
    await Promise.all(asked.map(({ reached }) => reached));
    for (const gate of asked) gate.open();
    const resolved = await Promise.all(resolving);
    expect(resolved.map(({ status }) => status).sort()).toEqual([200, 422]);
    const refused = resolved.findIndex(({ status }) => status === 422);
    expect(resolved[refused]).toMatchObject({
      body: { code: 'invalid_body', errors: [{ path: 'outcome.result.reference' }] },
    });
    const id = ids[refused] ?? '';
    expect(await payments.payment(id)).toMatchObject({ authorized: 0, reference: null });
    const { length } = await service.history(id);
    await eventually(async () => (await service.history(id)).length > length);
    expect((await resolve(id, TIDY)).status).toBe(200);
  });

  test('whose provider names another charge needs attention at once, before its ending and after', async () => {
    const { id: other, reference } = await chargedUnknown();
    await resolve(other, succeeded(reference));
    const others = { type: 'succeeded', reference, amount: 1999, captured: true } as const;
    jest.mocked(provider.charge).mockReset().mockResolvedValueOnce(others);
    jest.mocked(provider.lookUp).mockResolvedValue(others);
    const id = await unknown();
    const unexplained = [expect.stringContaining(reference)];
    expect((await service.history(id)).at(-1)).toMatchObject({
      type: 'operation.reconciling',
      detail: { reason: 'reference_taken', unexplained },
    });
    expect(await attention()).toContain(id);
    expect((await resolve(id, TIDY)).status).toBe(200);
    expect(await attention()).not.toContain(id);
    expect(await service.outcome.app.get(OperationReconciler, { strict: false }).reconcile(id)).toBe('reconciled');
    expect((await service.history(id)).at(-1)).toMatchObject({
      type: 'operation.answered_late',
      detail: { answer: 'books_differ', unexplained },
    });
    expect(await attention()).toContain(id);
    expect(await payments.payment(id)).toMatchObject({ authorized: 0 });
  });

  test('a refund is resolved only with its own reference', async () => {
    const [charge, { result: earlier }] = await Promise.all([refundable(), refundable().then(refunded)]);
    const refund = provider.refund.bind(provider);
    jest.spyOn(provider, 'refund').mockImplementationOnce(async (request) => {
      await refund(request);
      return { type: 'unknown', reason: 'answer_lost' };
    });
    const { body } = await service.start('payment.refund', { chargeOperationId: charge, amount: 300 });
    await operationOnce(service, body.id, ({ status }) => status === 'reconciling');
    // After each error, a worker would receive the job again.
    await worker().pause();
    jest.mocked(provider.lookUp).mockImplementation(real.lookUp);
    const inquiry = { call: 'refund', idempotencyKey: `${body.id}:refund`, charge: null, sentAt: new Date() } as const;
    const found = await real.lookUp(inquiry);
    const reference = 'reference' in found ? String(found.reference) : '';
    const receipt = { provider: 'sandbox', chargeOperationId: charge, amount: 300, currency: 'EUR' };
    const resolveAs = (name: string) =>
      resolve(body.id, {
        by: 'Ada',
        reason: 'Found.',
        force: true,
        outcome: { status: 'success', result: { ...receipt, reference: name } },
      });
    const violation = (message: string) => ({
      path: 'outcome.result.reference',
      message: expect.stringContaining(message),
    });
    const taken = String(earlier?.reference);
    expect(await resolveAs(taken)).toMatchObject({
      status: 422,
      body: { errors: [violation('it is the refund of operation')] },
    });
    expect(await resolveAs('of nobody')).toMatchObject({
      status: 422,
      body: { errors: [violation(`has made ${reference}`)] },
    });
    expect(await resolve(body.id, TIDY)).toMatchObject({ status: 422, body: { errors: [{ path: 'outcome.status' }] } });
    expect(await resolveAs(reference)).toMatchObject({ status: 200, body: { status: 'success' } });
    expect(await payments.payment(charge)).toMatchObject({ refunded: 300 });
  });

  test('is resolved by the operator, not by its worker, whose late finding is compensated', async () => {
    const [charge, lookUp] = [real.charge, real.lookUp];
    const gate = new Gate();
    jest
      .mocked(provider.charge)
      .mockReset()
      .mockImplementationOnce(async (request) => {
        await charge(request);
        return { type: 'unknown', reason: 'answer_lost' };
      });
    jest.mocked(provider.lookUp).mockImplementationOnce(async (inquiry) => {
      await gate.pass();
      return lookUp(inquiry);
    });
    const id = await unknown();
    await gate.reached;
    await resolve(id, TIDY);
    gate.open();
    const late = await eventually(async () =>
      (await service.history(id)).find(({ type }) => type === 'operation.answered_late'),
    );
    expect(late).toMatchObject({
      detail: { answer: 'succeeded' },
      operation: { status: 'failed', finishedAt: expect.any(String) },
    });
    expect(await service.ending(String(late.detail?.reversedBy))).toMatchObject({
      kind: 'payment.reversal',
      status: 'success',
    });
    expect((await service.get(`/api/operations/${id}`)).body).toMatchObject({
      status: 'failed',
      failure: { code: 'resolved_by_operator' },
    });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999 });
  });

  test.each([
    ['no operator’s name', { reason: 'r', outcome: { status: 'failed' } }, 'by'],
    ['no reason', { by: 'Ada', outcome: { status: 'failed' } }, 'reason'],
    ['no outcome', { by: 'Ada', reason: 'r' }, 'outcome'],
    [
      'a success without what it brought',
      { by: 'Ada', reason: 'r', outcome: { status: 'success', result: {} } },
      'outcome.result.provider',
    ],
    ['an outcome that is none', { by: 'Ada', reason: 'r', outcome: { status: 'canceled' } }, 'outcome.status'],
  ])('is not resolved with %s', async (_, body, path) => {
    const id = await unknown();
    const refused = await resolve(id, body);
    expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_body' } });
    expect(
      (refused.body as unknown as { errors: { path: string }[] }).errors.map((violation) => violation.path),
    ).toContain(path);
    // Nothing of it is stored, and the schedule of look-ups stays.
    expect((await service.get(`/api/operations/${id}`)).body.status).toBe('reconciling');
    expect(await payments.payment(id)).toMatchObject({ authorized: 0 });
    await resolve(id, TIDY);
  });
});

describe('resolving by an operator', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start()));
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => service.stop());

  const failed = { by: 'Ada', reason: 'r', outcome: { status: 'failed' } };

  test('is refused unless the outcome is unknown', async () => {
    const provider = providerOf(service);
    const charge = provider.charge.bind(provider);
    const gate = new Gate();
    jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      await gate.pass();
      return charge(request);
    });
    const { id } = await service.charge();
    await gate.reached;
    expect(await service.post(`/api/operations/${id}/resolve`, failed)).toMatchObject({
      status: 409,
      body: { code: 'transition_not_allowed' },
    });
    gate.open();
    await service.ending(id);
    expect(await service.post(`/api/operations/${id}/resolve`, failed)).toMatchObject({
      status: 409,
      body: { code: 'operation_already_ended' },
    });
    const unknownOperation = await service.post('/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70/resolve', failed);
    expect(unknownOperation).toMatchObject({ status: 404, body: { code: 'operation_not_found' } });
  });

  test('a charge that is pending at its provider needs no attention', async () => {
    const provider = providerOf(service);
    const lookUp = provider.lookUp.bind(provider);
    const gate = new Gate();
    jest.spyOn(provider, 'lookUp').mockImplementationOnce(async (inquiry) => {
      await gate.pass();
      return lookUp(inquiry);
    });
    const { id } = await service.charge('pm_sandbox_pending');
    await gate.reached;
    const { rows } = await service.database.client.query('SELECT attention_at FROM operation WHERE id = $1', [id]);
    expect(rows).toEqual([{ attention_at: null }]);
    gate.open();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
  });
});

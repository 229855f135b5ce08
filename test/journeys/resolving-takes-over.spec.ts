import { jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { ExecuteOperation } from '../../src/operations/execution/execute-operation.command.js';
import { StopSignal } from '../../src/operations/execution/stop-signal.js';
import { OperationReconciler } from '../../src/operations/kinds/operation-reconciler.js';
import { PaymentCharge } from '../../src/payments/kinds/charge.kind.js';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { providerOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { jobs, operationOnce, stored } from '../support/work.js';
import { MINUTES } from '../../src/time/durations.js';

describe('while an operator resolves an operation', () => {
  let service: Service;
  let provider: PaymentProvider;
  let real: Pick<PaymentProvider, 'charge' | 'lookUp' | 'inspect'>;
  beforeAll(async () => {
    // No look-up becomes due meanwhile.
    service = await Service.start({ LOOK_UP_BASE_MS: String(MINUTES) });
    provider = providerOf(service);
    real = {
      charge: provider.charge.bind(provider),
      lookUp: provider.lookUp.bind(provider),
      inspect: provider.inspect.bind(provider),
    };
  });
  afterAll(() => service.stop());
  beforeEach(() => {
    jest.spyOn(provider, 'charge').mockImplementation(async (request) => {
      await real.charge(request);
      return { type: 'unknown', reason: 'answer_lost' };
    });
    jest.spyOn(provider, 'lookUp').mockResolvedValue({ type: 'unknown', reason: 'still_unknown' });
  });
  afterEach(() => jest.restoreAllMocks());

  /** A charge with a lost answer, whose look-up job sleeps. */
  async function sleeping(): Promise<{ id: string; jobId: string; success: (by?: string) => object }> {
    const { id } = await service.charge();
    await operationOnce(service, id, ({ status }) => status === 'reconciling');
    const found = await real.lookUp({ call: 'charge', idempotencyKey: id, charge: null, sentAt: new Date() });
    if (found.type !== 'succeeded') throw new Error(`Expected a charge, found ${found.type}.`);
    const result = { provider: 'sandbox', reference: found.reference, amount: 1999, currency: 'EUR', captured: true };
    const success = (by = 'Ada') => ({ by, reason: 'Found in the dashboard.', outcome: { status: 'success', result } });
    return { id, jobId: await jobOf(id), success };
  }

  const FAILED = { by: 'Ada', reason: 'No such charge in the dashboard.', outcome: { status: 'failed' } };
  const resolve = (id: string, body: unknown) => service.post(`/api/operations/${id}/resolve`, body);
  const jobOf = async (id: string) => (await stored(service, id))?.job_id ?? '';
  /** Runs the job as its worker does when it is due. */
  const run = (id: string, jobId: string) =>
    service.outcome.app.get(CommandBus, { strict: false }).execute(new ExecuteOperation(id, jobId, new StopSignal()));

  /** Holds the operator's question to the provider until the test opens the gate. */
  function whileTheProviderIsAsked(): Gate {
    const gate = new Gate();
    jest.spyOn(provider, 'inspect').mockImplementationOnce(async (inspection) => {
      await gate.pass();
      return real.inspect(inspection);
    });
    return gate;
  }

  async function expectSettledWithoutALookUp(id: string): Promise<void> {
    const history = await service.history(id);
    const types = history.map(({ type }) => type);
    expect(types).toEqual([
      'operation.started',
      'operation.processing',
      'operation.reconciling',
      'operation.succeeded',
    ]);
    expect(history.at(-1)?.detail).toEqual({ resolvedBy: 'Ada', reason: 'Found in the dashboard.' });
  }

  test('a worker skips it if its look-up becomes due while the provider is asked', async () => {
    const { id, jobId, success } = await sleeping();
    const gate = whileTheProviderIsAsked();
    const resolving = resolve(id, success());
    await gate.reached;
    await run(id, jobId);
    gate.open();
    expect(await resolving).toMatchObject({ status: 200, body: { status: 'success' } });
    await expectSettledWithoutALookUp(id);
  });

  test('a worker skips it if its look-up becomes due while the finding is stored', async () => {
    const { id, jobId, success } = await sleeping();
    const charges = service.outcome.app.get(PaymentCharge, { strict: false });
    const resolved = charges.resolved.bind(charges);
    jest.spyOn(charges, 'resolved').mockImplementationOnce(async (resolution) => {
      await resolved(resolution);
      await run(id, jobId);
    });
    expect(await resolve(id, success())).toMatchObject({ status: 200, body: { status: 'success' } });
    await expectSettledWithoutALookUp(id);
  });

  test('its provider’s webhooks wait', async () => {
    const { id, success } = await sleeping();
    const reconciler = service.outcome.app.get(OperationReconciler, { strict: false });
    const gate = whileTheProviderIsAsked();
    const resolving = resolve(id, success());
    await gate.reached;
    expect(await reconciler.reconcile(id)).toBe('not_yet');
    gate.open();
    expect(await resolving).toMatchObject({ status: 200 });
  });

  test('another operator may, too: the last one to begin wins, and the other gets a problem', async () => {
    const { id, success } = await sleeping();
    const gate = whileTheProviderIsAsked();
    const resolving = resolve(id, success('Ada'));
    await gate.reached;
    expect(await resolve(id, success('Grace'))).toMatchObject({ status: 200 });
    gate.open();
    expect(await resolving).toMatchObject({ status: 409, body: { code: 'stale_operation' } });
    const endings = (await service.history(id)).filter(({ operation }) => operation.done);
    expect(endings).toMatchObject([{ type: 'operation.succeeded', detail: { resolvedBy: 'Grace' } }]);
  });

  test('a sleeping job continues it if the process dies', async () => {
    const { id, jobId, success } = await sleeping();
    const gate = whileTheProviderIsAsked();
    const resolving = resolve(id, success());
    await gate.reached;
    const lease = await jobOf(id);
    expect(lease).not.toBe(jobId);
    expect((await jobs(service)).find((job) => job.id === lease)).toMatchObject({ state: 'delayed' });
    const { length } = await service.history(id);
    await run(id, lease);
    expect(await service.history(id)).toHaveLength(length + 1);
    gate.open();
    expect(await resolving).toMatchObject({ status: 409, body: { code: 'stale_operation' } });
    expect(await resolve(id, success())).toMatchObject({ status: 200 });
  });

  test('and is refused, the operation is looked up at once', async () => {
    const { id } = await sleeping();
    const { length } = await service.history(id);
    expect(await resolve(id, FAILED)).toMatchObject({ status: 409, body: { code: 'resolution_not_verified' } });
    const looked = await eventually(async () => (await service.history(id))[length]);
    expect(looked).toMatchObject({ type: 'operation.reconciling', detail: { reason: 'still_unknown' } });
    expect(await resolve(id, { ...FAILED, force: true })).toMatchObject({ status: 200 });
  });
});

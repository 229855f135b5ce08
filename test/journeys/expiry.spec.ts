import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { eventually, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { expectOneEndingEach, jobs, operationOnce, passDeadline, stored, teach } from '../support/work.js';
import { actionRequired, succeeded } from '../../src/operations/kinds/outcome.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

describe('an operation with a deadline', () => {
  let api: Service;
  beforeAll(async () => (api = await Service.start({ ROLES: 'api' })));
  afterAll(() => api.stop());

  const expired = (id: string, service = api) =>
    eventually(async () => (await stored(service, id))?.status === 'expired');

  test('shows the deadline', async () => {
    const { createdAt, expiresAt } = await api.charge('pm_card_visa', { expiresIn: 600 });
    expect(Date.parse(expiresAt ?? '') - Date.parse(createdAt)).toBe(600_000);
    expect((await api.start('demo.countdown', { seconds: 1 })).body.expiresAt).toBeNull();
    const byItsKind = await api.charge();
    expect(Date.parse(byItsKind.expiresAt ?? '') - Date.parse(byItsKind.createdAt)).toBe(24 * 60 * 60 * 1000);
  });

  test('expires if no worker has claimed it by then, and no later worker charges it', async () => {
    const { id } = await api.charge('pm_card_visa', { expiresIn: 1 });
    const ended = await api.ending(id);
    expect(ended).toMatchObject({ status: 'expired', done: true, version: 2, result: null, failure: null });
    expect(Date.parse(ended.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(ended.expiresAt ?? ''));

    const worker = await Service.start({}, api.database);
    try {
      const next = await api.charge();
      await worker.ending(next.id);
      await eventually(async () => (await jobs(api)).length === 0);
      expect((await api.get(`/api/operations/${id}`)).body).toEqual(ended);
      expect(await api.charges(id)).toBe(0);
      await expectOneEndingEach(api, [id, next.id]);
    } finally {
      await worker.stop();
    }
  });

  test('is not begun by a worker just after its deadline', async () => {
    const late = await Service.start({ ROLES: 'api' });
    try {
      const { id } = await late.charge('pm_card_visa', { expiresIn: 600 });
      await passDeadline(late, id);
      const worker = await Service.start({ ROLES: 'worker' }, late.database);
      await expired(id, late);
      await worker.stop();
      expect(await stored(late, id)).toMatchObject({ status: 'expired', fence: 0 });
      expect(await late.charges(id)).toBe(0);
    } finally {
      await late.stop();
    }
  });

  test('ignores a later success', async () => {
    const repository = api.outcome.app.get(OperationRepository, { strict: false });
    const { id } = await api.charge('pm_card_visa', { expiresIn: 600 });
    const slow = await repository.get(ofOnlyTenant(id));
    await passDeadline(api, id);
    await expired(id);
    slow.beginAttempt(new Date());
    slow.succeed({ by: 'a worker that had it in its hands' }, new Date());
    await expect(repository.save(slow)).rejects.toMatchObject({ code: 'stale_operation' });
    expect((await api.get(`/api/operations/${id}`)).body).toMatchObject({
      status: 'expired',
      version: 2,
      result: null,
    });
    await expectOneEndingEach(api, [id]);
  });

  test('stays if it has ended before, or is not due yet', async () => {
    const repository = api.outcome.app.get(OperationRepository, { strict: false });
    const [ended, open, witness] = await Promise.all([
      api.charge('pm_card_visa', { expiresIn: 600 }),
      api.charge('pm_card_visa', { expiresIn: 600 }),
      api.charge('pm_card_visa', { expiresIn: 1 }),
    ]);
    const operation = await repository.get(ofOnlyTenant(ended.id));
    operation.cancel(new Date());
    await repository.save(operation);
    await passDeadline(api, ended.id);
    await expired(witness.id);
    expect([(await stored(api, ended.id))?.status, (await stored(api, open.id))?.status]).toEqual([
      'canceled',
      'pending',
    ]);
  });

  test('does not expire while a worker runs it: it may have taken effect', async () => {
    const service = await Service.start();
    try {
      const gate = new Gate();
      teach(service, 'test.work', {
        execute: async () => {
          await gate.pass();
          return succeeded({});
        },
      });
      const { id } = (await service.start('test.work', {}, { expiresIn: 600 })).body;
      await gate.reached;
      await passDeadline(service, id);
      // A second operation that waits for the customer proves that the deadline task has run.
      teach(service, 'test.ask', {
        execute: async () => actionRequired({ type: 'redirect', url: 'https://bank.example' }),
      });
      const asked = (await service.start('test.ask', {}, { expiresIn: 600 })).body;
      await operationOnce(service, asked.id, ({ status }) => status === 'requires_action');
      await passDeadline(service, asked.id);
      expect(await service.ending(asked.id)).toMatchObject({ status: 'expired', nextAction: null });
      expect((await stored(service, id))?.status).toBe('processing');
      gate.open();
      expect(await service.ending(id)).toMatchObject({ status: 'success' });
    } finally {
      await service.stop();
    }
  });
});

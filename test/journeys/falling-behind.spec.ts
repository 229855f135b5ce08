import { succeeded, RetryableError } from '../../src/operations/kinds/outcome.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { v7 as uuidv7 } from 'uuid';
import { accept } from '../support/credentials.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { expectAllEnded, jobs, teach } from '../support/work.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

const CHARGE = { kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } };

describe('a service that falls behind', () => {
  let api: Service;
  const env = { WORKER_CONCURRENCY: '1', MAX_QUEUE_AGE_MS: '100' };
  beforeAll(async () => void (api = await Service.start({ ...env, ROLES: 'api' })));
  afterAll(() => api.stop());

  test('reports its backlog, refuses new operations, finishes accepted ones, and recovers', async () => {
    const first = await api.post('/api/operations', CHARGE, { 'Idempotency-Key': 'first' });
    // A single stuck operation is no backlog, however old.
    await eventually(async () => /^outcome_operations_waiting 1$/m.test((await api.get<string>('/metrics')).body));
    const second = await api.post('/api/operations', CHARGE);
    expect([first.status, second.status]).toEqual([202, 202]);

    const refused = await eventually(async () => {
      const answer = await api.post<Problem>('/api/operations', CHARGE);
      return answer.status === 503 && answer;
    });
    expect((await api.post<Problem>('/api/operations', CHARGE, { 'Idempotency-Key': 'refused' })).body.code).toBe(
      'backlogged',
    );
    expect(refused.body).toMatchObject({ code: 'backlogged', detail: expect.stringContaining('Nothing was started') });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const again = await api.post('/api/operations', CHARGE, { 'Idempotency-Key': 'first' });
    expect([again.status, again.body.id, again.headers.get('idempotent-replayed')]).toEqual([
      202,
      first.body.id,
      'true',
    ]);
    expect((await api.post<Problem>('/api/operations', { ...CHARGE, kind: 'no.kind' })).body.code).toBe('unknown_kind');
    const { body: metrics } = await api.get<string>('/metrics');
    expect(Number(/^outcome_operations_waiting_oldest_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0.1);

    const worker = await Service.start(env, api.database);
    try {
      await eventually(
        async () => (await api.post('/api/operations', CHARGE, { 'Idempotency-Key': 'refused' })).status === 202,
      );
    } finally {
      await worker.stop();
    }
  });
});

describe('a queue', () => {
  const env = { ROLES: 'api', WORKER_CONCURRENCY: '1', MAX_QUEUE_AGE_MS: '0' };

  test('of as many operations as may wait refuses the next ones, also between two measurements', async () => {
    const api = await Service.start({ ...env, MAX_QUEUE_LENGTH: '5' });
    try {
      const answers: number[] = [];
      for (let count = 0; count < 12; count += 1) answers.push((await api.post('/api/operations', CHARGE)).status);
      // What is stored while the database counts may be counted twice.
      expect(answers.filter((status) => status === 202).length).toBeLessThanOrEqual(5);
      expect(answers.every((status) => status === 202 || status === 503)).toBe(true);
      await eventually(async () =>
        /^outcome_operations_waiting [1-5]$/m.test((await api.get<string>('/metrics')).body),
      );
      const refused = await eventually(async () => {
        const answer = await api.post<Problem>('/api/operations', CHARGE);
        return answer.status !== 202 && answer;
      });
      expect(refused).toMatchObject({
        status: 503,
        body: { code: 'backlogged', detail: expect.stringContaining('the limit is 5') },
      });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      const worker = await Service.start({ ...env, ROLES: 'worker' }, api.database);
      await eventually(async () => (await api.post('/api/operations', CHARGE)).status === 202);
      await worker.stop();
    } finally {
      await api.stop();
    }
  });

  test('has no bound with 0', async () => {
    const api = await Service.start({ ...env, MAX_QUEUE_LENGTH: '0' });
    try {
      for (let count = 0; count < 12; count += 1) expect((await api.post('/api/operations', CHARGE)).status).toBe(202);
    } finally {
      await api.stop();
    }
  });

  test.each([
    ['too old', { MAX_QUEUE_AGE_MS: '100', MAX_QUEUE_LENGTH: '0' }],
    ['too long', { MAX_QUEUE_AGE_MS: '0', MAX_QUEUE_LENGTH: '6' }],
  ])('that is %s because of one tenant refuses that one, and no other', async (_, limits) => {
    const api = await Service.start({ ...env, ...limits, AUTH_MODE: 'keys', LIMIT_STARTS: '0' });
    try {
      const [shop, other] = ['shop', 'other'].map((name) => accept(api, name, { tenant: uuidv7() }));
      const start = async (as = shop) => (await api.post('/api/operations', CHARGE, as)).status;
      expect(await start()).toBe(202);
      await eventually(async () => (await start()) === 503);
      expect([await start(other), await start(other)]).toEqual([202, 202]);
      await eventually(async () => (await start()) === 503);
    } finally {
      await api.stop();
    }
  });
});

describe('an operation that is due again', () => {
  test('shares a job with operations due at the same time', async () => {
    const service = await Service.start({ ROLES: 'api' });
    try {
      const operations = service.outcome.app.get(OperationRepository, { strict: false });
      const ids = await Promise.all(Array.from({ length: 60 }, async () => (await service.charge()).id));
      const taken = await Promise.all(ids.map((id) => operations.get(ofOnlyTenant(id))));
      for (const operation of taken) operation.beginAttempt(new Date());
      await Promise.all(taken.map((operation) => operations.save(operation)));
      const before = (await jobs(service)).map(({ id }) => id);
      const dueAt = new Date(Date.now() + 60_000);
      for (const operation of taken) operation.reconcileAt(dueAt, 'answer_lost', new Date(), null);
      await Promise.all(taken.map((operation) => operations.save(operation, { runAt: dueAt })));
      const added = (await jobs(service)).filter(({ id }) => !before.includes(id));
      expect(added.flatMap(({ data }) => data.operationIds).sort()).toEqual([...ids].sort());
      expect(added.length).toBeLessThanOrEqual(2);
    } finally {
      await service.stop();
    }
  });

  test('does not wait behind all new operations', async () => {
    const NEW = 150;
    const service = await Service.start({ WORKER_CONCURRENCY: '2' });
    try {
      const order: string[] = [];
      let attempts = 0;
      teach(service, 'test.busy', {
        execute: async () => {
          order.push('busy');
          attempts += 1;
          if (attempts === 1) throw new RetryableError('busy', 'Busy.');
          return succeeded({});
        },
      });
      teach(service, 'test.new', {
        execute: async () => {
          order.push('new');
          // Long enough that due operations return among the new ones, also on a slow machine.
          if (attempts < 2) await new Promise((resolve) => setTimeout(resolve, order.length < 20 ? 100 : 1000));
          return succeeded({});
        },
      });
      const busy = await service.start('test.busy', {});
      const others = await Promise.all(Array.from({ length: NEW }, () => service.start('test.new', {})));
      await expectAllEnded(
        service,
        [busy, ...others].map(({ body }) => body.id),
      );
      expect(order.filter((kind) => kind === 'busy')).toHaveLength(2);
      expect(order.lastIndexOf('busy')).toBeLessThan(NEW / 2);
    } finally {
      await service.stop();
    }
  });
});

import { ONLY_TENANT } from '../../src/access/caller.js';
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { type NewOperation, Operation } from '../../src/operations/domain/operation.js';
import { succeeded } from '../../src/operations/kinds/outcome.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { OperationProcessor } from '../../src/operations/execution/operation.processor.js';
import type { StopSignal } from '../../src/operations/execution/stop-signal.js';
import { eventually, Service } from '../support/service.js';
import { lockWaiters } from '../support/databases.js';
import { Gate } from '../support/gate.js';
import { newOperation } from '../support/new-operation.js';
import { chargesOf, expectAllEnded, jobs, stored, teach } from '../support/work.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

/** A test may hold a commit for as long as a slow machine needs. */
const PATIENT = { ROLES: 'api', DATABASE_TIMEOUT_MS: '120000' };

const repositoryOf = ({ outcome }: Service) => outcome.app.get(OperationRepository, { strict: false });

const limitsOf = (service: Service) =>
  (repositoryOf(service) as unknown as { options: { mostWaiting: number; patienceMs?: number } }).options;

const newCharge = (more: Partial<NewOperation> = {}) =>
  newOperation({ id: uuidv7(), kind: 'payment.charge', input: CHARGE, ...more }, new Date());

/** Holds up every writer of operations until the test releases it. */
async function hold({
  database: { client },
}: Service): Promise<{ someoneWaits(): Promise<unknown>; letGo(): Promise<unknown> }> {
  await client.query('BEGIN');
  await client.query('LOCK TABLE operation IN SHARE ROW EXCLUSIVE MODE');
  // Tables of other tests' databases may have the same oid.
  const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'operation'::regclass
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return {
    someoneWaits: () => eventually(async () => (await client.query(waiting)).rowCount),
    letGo: () => client.query('COMMIT'),
  };
}

/** Starts one operation whose commit is under way, and others that wait for it. */
async function startBehindOne(service: Service, others: number) {
  limitsOf(service).patienceMs = 120_000;
  const held = await hold(service);
  const adding = jest.spyOn(repositoryOf(service), 'add');
  const first = service.start('payment.charge', CHARGE);
  await held.someoneWaits();
  const behind = Array.from({ length: others }, () => service.start('payment.charge', CHARGE));
  await eventually(async () => adding.mock.calls.length === others + 1);
  adding.mockRestore();
  return { ...held, answers: [first, ...behind] };
}

describe('starts that arrive together', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start(PATIENT)));
  afterAll(() => service.stop());
  beforeEach(() => service.database.client.query('TRUNCATE operation, operation_event, bullmq.job CASCADE'));

  test('share a commit and a job: one for the first, and one for all that arrive meanwhile', async () => {
    const { answers, letGo } = await startBehindOne(service, 29);
    await letGo();
    const ids = (await Promise.all(answers)).map(({ status, body }) => (expect(status).toBe(202), body.id));
    const added = await jobs(service);
    expect(added.map(({ data }) => data.operationIds.length)).toEqual([1, 29]);
    expect(added.flatMap(({ data }) => data.operationIds).sort()).toEqual([...ids].sort());
    const { rows } = await service.database.client.query(
      'SELECT count(DISTINCT xmin::text)::int AS commits FROM operation',
    );
    expect(rows[0].commits).toBe(2);
  });

  test('are stored in the order of their arrival', async () => {
    const operations = Array.from({ length: 20 }, () => newCharge());
    await Promise.all(operations.map((operation) => repositoryOf(service).add(operation)));
    const { rows } = await service.database.client.query<{ id: string }>('SELECT id FROM operation ORDER BY ctid');
    expect(rows.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
  });

  test('fail alone: one that exists already and one that PostgreSQL refuses, among fifty', async () => {
    const existing = newCharge();
    await repositoryOf(service).add(existing);
    const operations = Array.from({ length: 50 }, () => newCharge());
    operations[17] = newCharge({ id: existing.id });
    operations[33] = newCharge({ metadata: { note: 'a\u0000b' } });
    const results = await Promise.allSettled(operations.map((operation) => repositoryOf(service).add(operation)));

    const refused = results.map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : result.value,
    );
    expect(refused).toEqual(operations.map((_, at) => ({ 17: '23505', 33: '22P05' })[at] ?? true));
    const accepted = operations.filter((_, at) => at !== 17 && at !== 33).map(({ id }) => id);
    const inJobs = (await jobs(service)).flatMap(({ data }) => data.operationIds);
    expect(inJobs.sort()).toEqual([existing.id, ...accepted].sort());
    for (const id of accepted)
      expect((await jobs(service)).map((job) => job.id)).toContain((await stored(service, id))?.job_id);
  });

  test('are refused at once with Retry-After if too many wait, and the others are served', async () => {
    const limits = limitsOf(service);
    const before = limits.mostWaiting;
    limits.mostWaiting = 2;
    try {
      const { answers, letGo } = await startBehindOne(service, 2);
      const surplus = await service.start('payment.charge', CHARGE);
      expect(surplus).toMatchObject({ status: 503, body: { code: 'overloaded' } });
      expect(Number(surplus.headers.get('retry-after'))).toBeGreaterThan(0);
      await letGo();
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([202, 202, 202]);
      expect(await service.start('payment.charge', CHARGE)).toMatchObject({ status: 202 });
    } finally {
      limits.mostWaiting = before;
    }
  });
});

describe('changes that arrive together', () => {
  let service: Service;
  let repository: OperationRepository;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    repository = repositoryOf(service);
  });
  afterAll(() => service.stop());

  const add = async (count: number) => {
    const operations = Array.from({ length: count }, () => newCharge());
    await Promise.all(operations.map((operation) => repository.add(operation)));
    return Promise.all(operations.map(({ id }) => repository.get(ofOnlyTenant(id))));
  };

  test('share a commit', async () => {
    const operations = await add(40);
    operations.forEach((operation) => operation.cancel(new Date()));
    await Promise.all(operations.map((operation) => repository.save(operation)));
    const { rows } = await service.database.client.query(
      `SELECT count(DISTINCT xmin::text)::int AS commits, count(*)::int FROM operation WHERE id = ANY($1)
        AND status = $2`,
      [operations.map(({ id }) => id), 'canceled'],
    );
    expect(rows).toEqual([{ commits: 1, count: 40 }]);
  });

  test('fail alone, among fifty: one that PostgreSQL refuses, one that is no JSON, one whose time is none', async () => {
    const operations = await add(50);
    for (const operation of operations) operation.beginAttempt(new Date());
    const noTime = { attentionAt: new Date(NaN) };
    operations.forEach((operation, at) => {
      if (at === 41) operation.fail({ code: 'x', message: 'x', retryable: false }, new Date(), noTime);
      else operation.succeed(at === 33 ? { total: 10n } : { at }, new Date());
    });
    const tooLarge = Operation.from({ ...newCharge().current, id: operations[17]?.id ?? '', version: 2 ** 31 - 1 });
    tooLarge.cancel(new Date());
    operations[17] = tooLarge;
    const results = await Promise.allSettled(operations.map((operation) => repository.save(operation)));
    const failures = results.flatMap((result, at) =>
      result.status === 'rejected' ? [[at, result.reason as Error] as const] : [],
    );
    expect(failures.map(([at]) => at)).toEqual([17, 33, 41]);
    expect(failures.map(([, { message }]) => message)).toEqual([
      expect.stringMatching(/out of range/),
      expect.stringMatching(/BigInt/),
      'Invalid time value',
    ]);
  });

  test('succeed although two processes write the same rows at the same time in opposite orders', async () => {
    const { client } = service.database;
    const other = await Service.start({ ROLES: 'api' }, service.database);
    // In a table of some size, PostgreSQL takes the rows in the given order.
    await client.query(`
      INSERT INTO operation (id, tenant, kind, input, metadata, status, version, fence, attempts, look_ups, created_at,
        updated_at)
      SELECT gen_random_uuid(), '${ONLY_TENANT}', 'payment.charge', '{}', '{}', 'success', 3, 1, 1, 0, now(), now()
        FROM generate_series(1, 5000)`);
    await client.query('ANALYZE operation');
    const ids = (await add(200)).map(({ id }) => id);
    const [begun, canceled] = await Promise.all([
      Promise.all(ids.map((id) => repository.get(ofOnlyTenant(id)))),
      Promise.all([...ids].reverse().map((id) => repositoryOf(other).get(ofOnlyTenant(id)))),
    ]);
    // The row in the middle is locked, so that each batch already holds half of its rows when it reaches it.
    await client.query('BEGIN');
    await client.query('SELECT FROM operation WHERE id = $1 FOR UPDATE', [ids[100]]);
    begun.forEach((operation) => operation.beginAttempt(new Date()));
    canceled.forEach((operation) => operation.cancel(new Date()));
    const saving = Promise.allSettled([
      ...begun.map((operation) => repository.save(operation)),
      ...canceled.map((operation) => repositoryOf(other).save(operation)),
    ]);
    await eventually(async () => (await lockWaiters(client)) >= 2);
    await client.query('COMMIT');
    const refused = (await saving).flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as { code?: string }).code] : [],
    );
    expect(refused).toEqual(ids.map(() => 'stale_operation'));
    await other.stop();
  });
});

describe('a job that carries many operations', () => {
  let api: Service;
  beforeAll(async () => (api = await Service.start({ ROLES: 'api' })));
  afterAll(() => api.stop());

  /** Work that waits until the test releases it, and counts its executions. */
  function counting(name: string, services: Service[]) {
    const gate = new Gate();
    const counts = { now: 0, most: 0, ended: 0 };
    const execute = async () => {
      counts.most = Math.max(counts.most, ++counts.now);
      await gate.pass();
      counts.now -= 1;
      counts.ended += 1;
      return succeeded({});
    };
    teach(services, name, { execute });
    return { counts, letGo: () => gate.open() };
  }

  test('passes over one whose idempotency key was taken, and ends at its first run', async () => {
    const [stored, taken] = [0, 1].map(() => newCharge({ idempotencyKey: 'shared-by-two' }));
    const added = await Promise.all([stored, taken].map((operation) => repositoryOf(api).add(operation as Operation)));
    expect(added).toEqual([true, false]);
    expect((await jobs(api)).map(({ data }) => data.operationIds)).toEqual([[stored?.id, taken?.id]]);
    const worker = await Service.start({}, api.database);
    expect(await worker.ending(stored?.id ?? '')).toMatchObject({ status: 'success' });
    await eventually(async () => (await jobs(api)).length === 0);
    await worker.stop();
  });

  test('runs them concurrently, up to WORKER_CONCURRENCY', async () => {
    const operations = Array.from({ length: 20 }, () => newCharge({ kind: 'test.batch' }));
    await Promise.all(operations.map((operation) => repositoryOf(api).add(operation)));
    expect(await jobs(api)).toHaveLength(1);
    const worker = await Service.start({ WORKER_CONCURRENCY: '5' }, api.database);
    try {
      const { counts, letGo } = counting('test.batch', [worker]);
      await eventually(async () => counts.now === 5);
      letGo();
      await expectAllEnded(
        api,
        operations.map(({ id }) => id),
      );
      expect(counts).toEqual({ now: 0, most: 5, ended: 20 });
    } finally {
      await worker.stop();
    }
  });

  test('has no advantage over jobs of one operation each, which run equally many and leave nothing behind', async () => {
    const worker = await Service.start({ WORKER_CONCURRENCY: '20' }, api.database);
    try {
      const { counts, letGo } = counting('test.single', [api, worker]);
      const ids: string[] = [];
      for (let count = 0; count < 25; count += 1) ids.push((await api.start('test.single', {})).body.id);
      await eventually(async () => counts.now === 20);
      letGo();
      await expectAllEnded(api, ids);
      expect(counts).toEqual({ now: 0, most: 20, ended: 25 });
      const { timeIsUp, shutdown } = worker.outcome.app.get<OperationProcessor, Record<string, StopSignal>>(
        OperationProcessor,
        { strict: false },
      );
      await eventually(async () => (await jobs(api)).length === 0);
      await eventually(async () => timeIsUp?.listening === 0 && shutdown?.listening === 0);
    } finally {
      await worker.stop();
    }
  });

  test('skips operations that have ended', async () => {
    const operations = Array.from({ length: 10 }, () => newCharge());
    const repository = repositoryOf(api);
    await Promise.all(operations.map((operation) => repository.add(operation)));
    const [canceled, ...others] = await Promise.all(operations.map(({ id }) => repository.get(ofOnlyTenant(id))));
    canceled?.cancel(new Date());
    if (canceled) await repository.save(canceled);
    const worker = await Service.start({}, api.database);
    try {
      await expectAllEnded(
        api,
        operations.map(({ id }) => id),
      );
      expect(await stored(api, canceled?.id ?? '')).toMatchObject({
        status: 'canceled',
        version: 2,
        fence: 0,
        attempts: 0,
      });
      const ids = others.map(({ id }) => id);
      expect(await chargesOf(api, ids)).toBe(9);
    } finally {
      await worker.stop();
    }
  });
});

test('a shutdown during a batch answers every accepted request, and the next process runs what was accepted', async () => {
  const service = await Service.start({ ROLES: 'api', SHUTDOWN_MS: '30000' });
  const { answers, letGo } = await startBehindOne(service, 19);
  const stopping = service.outcome.stop();
  // Longer than the server's own keep-alive.
  const cutOff = Promise.race(answers).then(
    () => 'answered',
    () => 'cut off',
  );
  expect(await Promise.race([cutOff, stopping.then(() => 'stopped'), pause(1500, 'they wait')])).toBe('they wait');
  await letGo();
  const ids = (await Promise.all(answers)).map(({ status, body }) => (expect(status).toBe(202), body.id));
  await stopping;

  const next = await Service.start({}, service.database);
  try {
    await expectAllEnded(next, ids);
    expect(await chargesOf(next, ids)).toBe(20);
  } finally {
    await next.stop();
    await service.database.drop();
  }
});

test('an operation ends whatever characters its provider’s answer contains', async () => {
  const service = await Service.start();
  try {
    teach(service, 'test.noise', {
      execute: async ({ progress }) => {
        await progress({ percent: 50, message: 'half\u0000way' });
        return succeeded({ said: 'a\u0000b \ud800 \\u0000 \\\u0000 😀', '\u0000key': 1 });
      },
    });
    const { id } = (await service.start('test.noise', {})).body;
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    const { body } = await service.get(`/api/operations/${id}`);
    expect(body.result).toEqual({ said: 'a\ufffdb \ufffd \\u0000 \\\ufffd 😀', '\ufffdkey': 1 });
    expect(body.progress).toEqual({ percent: 50, message: 'half\ufffdway' });
  } finally {
    await service.stop();
  }
});

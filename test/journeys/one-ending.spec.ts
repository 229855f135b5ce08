import { failed, succeeded } from '../../src/operations/kinds/outcome.js';
import { Database } from '../../src/database/database.js';
import { OperationQueue } from '../../src/operations/jobs/operation-queue.js';
import { eventually, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import {
  chargesOf,
  expectAllEnded,
  expectOneEndingEach,
  jobs,
  loseWorkers,
  operationOnce,
  stored,
  teach,
} from '../support/work.js';

const TOO_LATE = failed({ code: 'too_late', message: 'This came too late.', retryable: false });

describe('an operation whose worker was lost', () => {
  let service: Service;
  let other: Service;
  beforeAll(async () => {
    service = await Service.start();
    other = await Service.start({}, service.database);
  });
  afterAll(async () => {
    await other.stop();
    await service.stop();
  });

  /** A kind whose first attempt waits for the test's answer; later ones run `again`. */
  function stalling(name: string, again = async () => succeeded({ by: 'the second worker' })) {
    const first = new Gate<ReturnType<typeof succeeded> | typeof TOO_LATE>();
    let attempts = 0;
    teach([service, other], name, { execute: () => (++attempts === 1 ? first.pass() : again()) });
    return first;
  }

  test('is claimed again under a higher fence, and the first worker’s late answer changes nothing', async () => {
    const first = stalling('test.stall');
    const { id } = (await service.start('test.stall', {})).body;
    await first.reached;
    await loseWorkers(service);
    const ended = await service.ending(id);
    expect(ended).toMatchObject({ status: 'success', result: { by: 'the second worker' } });
    expect(await stored(service, id)).toMatchObject({ fence: 2, attempts: 2 });

    first.open(TOO_LATE);
    await eventually(async () => (await jobs(service)).length === 0);
    expect((await service.get(`/api/operations/${id}`)).body).toEqual(ended);
    expect((await service.history(id)).map(({ type, detail }) => ({ type, detail }))).toEqual([
      { type: 'operation.started', detail: null },
      { type: 'operation.processing', detail: null },
      { type: 'operation.retrying', detail: { attempt: 2, reason: 'worker_lost', nextAttemptAt: null } },
      { type: 'operation.succeeded', detail: null },
    ]);
  });

  test('refuses the first worker’s late progress, which stops its work', async () => {
    const first = new Gate();
    const second = new Gate();
    const refused = new Gate<unknown>();
    let attempts = 0;
    teach([service, other], 'test.tell', {
      execute: async ({ progress }) => {
        if (++attempts === 2) {
          await second.pass();
          return succeeded({});
        }
        await first.pass();
        await progress({ percent: 99, message: 'almost' }).catch((error: unknown) => {
          refused.open(error);
          throw error;
        });
        return succeeded({});
      },
    });
    const { id } = (await service.start('test.tell', {})).body;
    await first.reached;
    await loseWorkers(service);
    await second.reached;
    first.open();
    expect(await refused.opened).toMatchObject({ code: 'stale_operation' });
    second.open();
    expect(await service.ending(id)).toMatchObject({ status: 'success', progress: null });
    await expectOneEndingEach(service, [id]);
  });

  test('a canceled operation ignores a late success', async () => {
    const first = stalling('test.cancel');
    const { id } = (await service.start('test.cancel', {})).body;
    await first.reached;
    expect(await service.request('POST', `/api/operations/${id}/cancel`)).toMatchObject({ status: 202 });
    await loseWorkers(service);
    const ended = await service.ending(id);
    expect(ended.status).toBe('canceled');

    first.open(succeeded({ by: 'the first worker' }));
    await eventually(async () => (await jobs(service)).length === 0);
    expect((await service.get(`/api/operations/${id}`)).body).toEqual(ended);
    await expectOneEndingEach(service, [id]);
  });
});

describe('an operation with several workers', () => {
  test('is not harmed by a second job before it has begun, while it runs, or afterwards', async () => {
    const service = await Service.start();
    try {
      const gate = new Gate();
      let attempts = 0;
      teach(service, 'test.once', {
        execute: async () => {
          attempts += 1;
          await gate.pass();
          return succeeded({});
        },
      });
      const { id } = (await service.start('test.once', {})).body;
      await gate.reached;
      const queue = service.outcome.app.get(OperationQueue, { strict: false });
      const database = service.outcome.app.get(Database, { strict: false });
      const second = async (jobId: string) => {
        await database.transaction((tx) => queue.enqueue(tx, [{ id: jobId, data: { operationIds: [id] } }]));
        await eventually(async () => (await jobs(service)).every((job) => job.id !== jobId));
      };
      await second('a-second');
      expect(await stored(service, id)).toMatchObject({ status: 'processing', fence: 1 });
      gate.open();
      await service.ending(id);
      await second('a-third');
      expect(attempts).toBe(1);
      await expectOneEndingEach(service, [id]);
    } finally {
      await service.stop();
    }
  });

  test('ends once with two services and a hundred operations, and each charge is made once', async () => {
    const service = await Service.start();
    const other = await Service.start({}, service.database);
    try {
      const started = await Promise.all(Array.from({ length: 100 }, (_, at) => (at % 2 ? service : other).charge()));
      await expectAllEnded(
        service,
        started.map(({ id }) => id),
      );
      const { rows } = await service.database.client.query(
        'SELECT outcome, count(*)::int FROM sandbox.charge GROUP BY outcome',
      );
      expect(rows).toEqual([{ outcome: 'charged', count: 100 }]);
      await eventually(async () => (await jobs(service)).length === 0);
    } finally {
      await other.stop();
      await service.stop();
    }
  });

  test('ends once although every connection to the database is cut while it runs', async () => {
    const service = await Service.start({ SANDBOX_LATENCY_MS: '30' });
    try {
      const started = await Promise.all(Array.from({ length: 50 }, () => service.charge()));
      const ids = started.map(({ id }) => id);
      await operationOnce(service, ids[0] ?? '', ({ status }) => status !== 'pending');
      await service.database.client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
          AND pid <> pg_backend_pid()`,
      );
      await expectAllEnded(service, ids);
      expect(await chargesOf(service, ids)).toBe(50);
    } finally {
      await service.stop();
    }
  });
});

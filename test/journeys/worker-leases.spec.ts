import { jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { RescueOperations } from '../../src/operations/commands/rescue-operations.command.js';
import { Database } from '../../src/database/database.js';
import { OperationProcessor } from '../../src/operations/execution/operation.processor.js';
import { JobReassignment } from '../../src/operations/persistence/job-reassignment.js';
import { WorkerLease } from '../../src/operations/persistence/worker-lease.js';
import { type Outcome, succeeded } from '../../src/operations/kinds/outcome.js';
import { MINUTES } from '../../src/time/durations.js';
import { Gate } from '../support/gate.js';
import { eventually, Service } from '../support/service.js';
import { expectAllEnded, jobs, loseWorkers, stored, teach } from '../support/work.js';

describe('a process that accepts an operation and has a worker with room', () => {
  let service: Service;
  let gates: Gate<Outcome>[];
  const begun: string[] = [];
  beforeEach(async () => {
    service = await Service.start({
      WORKER_CONCURRENCY: '2',
      WATCHDOG_MS: '600000',
      JOB_LOCK_MS: '600000',
      SHUTDOWN_MS: '5000',
    });
    gates = [];
    begun.length = 0;
    teach(service, 'test.held', {
      execute: ({ operationId }) => {
        begun.push(operationId);
        const gate = new Gate<Outcome>();
        gates.push(gate);
        return gate.pass();
      },
    });
  });
  afterEach(async () => {
    for (const gate of gates) gate.open(succeeded({}));
    jest.restoreAllMocks();
    await service.stop();
  });

  const start = async (): Promise<string> => (await service.start('test.held', {})).body.id;
  const open = (at: number) => gates[at]?.open(succeeded({}));
  const once = (count: number) => eventually(async () => gates.length === count);
  const provided = <T>(token: abstract new (...given: never[]) => T): T =>
    service.outcome.app.get(token, { strict: false });

  test('runs it at once without a job, and answers with the pending operation', async () => {
    const { body } = await service.start('test.held', {});
    expect(body).toMatchObject({ status: 'pending', version: 1 });
    await once(1);
    expect(await stored(service, body.id)).toMatchObject({ status: 'processing', version: 2, fence: 1, attempts: 1 });
    expect(await jobs(service)).toEqual([]);
    open(0);
    expect(await service.ending(body.id)).toMatchObject({ status: 'success', version: 3 });
  });

  test('gives a job to operations that it has no room for, and runs all in order', async () => {
    const ids = [await start(), await start(), await start(), await start()];
    await once(2);
    expect((await jobs(service)).flatMap(({ data }) => data.operationIds)).toEqual(ids.slice(2));
    expect((await service.get(`/api/operations/${ids[3]}`)).body).toMatchObject({ status: 'pending' });
    open(1);
    await once(3);
    open(0);
    await once(4);
    expect(begun).toEqual(ids);
    for (const at of [2, 3]) open(at);
    await expectAllEnded(service, ids);
  });

  test('splits a batch that exceeds its room', async () => {
    await start();
    const ids = await Promise.all([start(), start(), start(), start()]);
    await once(2);
    const waiting = (await jobs(service)).flatMap(({ data }) => data.operationIds);
    expect(waiting).toHaveLength(3);
    expect(ids).toEqual(expect.arrayContaining(waiting));
  });

  test('never overtakes operations in the queue, however many it accepts', async () => {
    const api = await Service.start({ ROLES: 'api' }, service.database);
    try {
      teach(api, 'test.held', { execute: () => Promise.resolve(succeeded({})) });
      const first = [await start(), await start()];
      await once(2);
      const queued = (await api.start('test.held', {})).body.id;
      // The operation waits in this process, which accepts more meanwhile.
      await eventually(async () => (await jobs(service)).some(({ state }) => state === 'active'));
      const later = [await start(), await start(), await start()];
      for (let at = 0; at < 6; at += 1) {
        await once(Math.min(at + 2, 6));
        open(at);
      }
      expect(begun).toEqual([...first, queued, ...later]);
    } finally {
      await api.stop();
    }
  });

  test('continues it by a job under a new fence if its worker was lost, and it ends once', async () => {
    const id = await start();
    await once(1);
    await loseWorkers(service);
    await once(2);
    expect(await stored(service, id)).toMatchObject({ fence: 2, attempts: 2 });
    open(0);
    open(1);
    await expectAllEnded(service, [id]);
    expect((await service.history(id)).map(({ type }) => type)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.retrying',
      'operation.succeeded',
    ]);
  });

  test('waits for a lost worker no longer than a lease can last, although the clock was set back by a year', async () => {
    await start();
    await once(1);
    const { client } = service.database;
    const lasts = async () =>
      (
        await client.query<{ ms: number }>(
          'SELECT extract(epoch FROM held_until - now())::float8 * 1000 AS ms FROM worker_lease',
        )
      ).rows[0]?.ms;
    await client.query(`UPDATE worker_lease SET held_until = held_until + interval '1 year'`);
    expect(await provided(JobReassignment).rescueFromLostWorkers()).toEqual([]);
    expect(await lasts()).toBeLessThanOrEqual(10 * MINUTES);
    expect(await lasts()).toBeGreaterThan(9 * MINUTES);
  });

  test('opens another lease after it lost its own, and runs operations under it', async () => {
    const before = await start();
    await once(1);
    const lease = (await stored(service, before))?.job_id;
    await loseWorkers(service);
    await provided(WorkerLease).renew();
    await once(2);
    open(0);
    open(1);
    await service.ending(before);
    // The job of the second attempt has ended, and its place is free.
    await eventually(async () => (await jobs(service)).length === 0);
    const after = await start();
    await once(3);
    const { rows } = await service.database.client.query<{ id: string }>('SELECT id FROM worker_lease');
    expect(rows.map(({ id }) => id)).toEqual([(await stored(service, after))?.job_id]);
    expect(rows[0]?.id).not.toBe(lease);
  });

  test('runs nothing under a lease that it could not renew', async () => {
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 600_000);
    const id = await start();
    await once(1);
    expect((await jobs(service)).map(({ id }) => id)).toEqual([(await stored(service, id))?.job_id]);
  });

  describe('if the answer of the database is lost', () => {
    const loseAnswer = (acceptance: (accept: () => Promise<unknown>) => Promise<unknown>) => {
      const { durable } = provided(Database);
      const query = durable.query.bind(durable) as (...given: unknown[]) => Promise<unknown>;
      jest.spyOn(durable, 'query').mockImplementation(((...given: [{ name?: string }]) => {
        if (!given[0].name?.startsWith('operation-add')) return query(...given);
        jest.mocked(durable.query).mockRestore();
        return acceptance(() => query(...given)).then(() => Promise.reject(new Error('the connection broke')));
      }) as never);
    };

    test('the operation gets a job', async () => {
      loseAnswer((accept) => accept());
      expect(await service.start('test.held', {})).toMatchObject({ status: 500 });
      await once(1);
      expect(await stored(service, begun[0] ?? '')).toMatchObject({ fence: 2 });
    });

    test('and the operation is stored only afterwards, it is found', async () => {
      const lease = provided(WorkerLease);
      let late: Promise<unknown> = Promise.resolve();
      loseAnswer((accept) => {
        late = accepted.pass().then(accept);
        return Promise.resolve();
      });
      const accepted = new Gate();
      expect(await service.start('test.held', {})).toMatchObject({ status: 500 });
      await provided(JobReassignment).handOverAbandoned();
      accepted.open();
      await late;
      await service.database.client.query(`UPDATE operation SET updated_at = now() - interval '1 hour'`);
      await lease.abandonStrays();
      await once(1);
    });
  });

  test('hands over operations that do not end before it stops', async () => {
    const other = await Service.start({ ROLES: 'api' }, service.database);
    try {
      teach(other, 'test.held', { execute: () => Promise.resolve(succeeded({})) });
      const id = await start();
      await once(1);
      const { job_id: lease } = (await stored(service, id)) ?? {};
      await provided(OperationProcessor).stop();
      expect((await stored(other, id))?.job_id).not.toBe(lease);
      expect((await jobs(other)).flatMap(({ data }) => data.operationIds)).toEqual([id]);
      expect((await other.database.client.query('SELECT FROM worker_lease')).rowCount).toBe(0);
    } finally {
      await other.stop();
    }
  });

  test('keeps a long operation from being rescued as an orphan while its lease holds', async () => {
    const id = await start();
    await once(1);
    const rescue = () => provided(CommandBus).execute(new RescueOperations(new Date(Date.now() + 1000)));
    expect(await rescue()).toEqual([]);
    await service.database.client.query(`UPDATE worker_lease SET held_until = now() - interval '1 ms'`);
    expect(await rescue()).toEqual([id]);
  });
});

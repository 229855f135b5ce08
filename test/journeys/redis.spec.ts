import { MaintenanceRunner } from '../../src/maintenance/maintenance-runner.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { describeWithRedis, RedisOfTheTest } from '../support/redis-of-the-test.js';
import { eventually, Service } from '../support/service.js';
import { ServiceProcess } from '../support/service-process.js';
import { chargesOf, expectAllEnded, operationOnce, stored, teach } from '../support/work.js';
import { RetryableError, succeeded } from '../../src/operations/kinds/outcome.js';
import { SECONDS } from '../../src/time/durations.js';

const MANY = 150;
const NEVER = String(600 * SECONDS);

describeWithRedis('with its queues on Redis, the service', () => {
  let redis: RedisOfTheTest;
  let database: TestDatabase;
  const running: Service[] = [];

  beforeEach(async () => {
    [redis, database] = await Promise.all([RedisOfTheTest.start(), createDatabase()]);
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    await Promise.all(running.splice(0).map((service) => service.stop()));
    await redis.remove();
    await database.drop();
  });

  const start = async (env: Record<string, string>) => {
    const service = await Service.start({ REDIS_URL: redis.url, SANDBOX_LATENCY_MS: '20', ...env }, database);
    running.push(service);
    return service;
  };
  const apart = async (env: Record<string, string> = {}) => {
    const settings = { WORKER_CONCURRENCY: '10', ...env };
    return {
      api: await start({ ...settings, ROLES: 'api' }),
      worker: await start({ ...settings, ROLES: 'worker' }),
    };
  };
  const startMany = async (service: Service, count = MANY) =>
    (await Promise.all(Array.from({ length: count }, () => service.charge()))).map(({ id }) => id);
  const ended = async () => {
    const { rows } = await database.client.query(
      'SELECT count(*)::int AS ended FROM operation WHERE finished_at IS NOT NULL',
    );
    return Number(rows[0].ended);
  };
  const someEnded = (more: number) => eventually(async () => (await ended()) >= more);
  const outbox = async () => (await database.client.query('SELECT FROM job_outbox')).rowCount;
  const expectChargedOnce = async (service: Service, ids: readonly string[]) => {
    await expectAllEnded(service, ids);
    expect(await chargesOf(service, ids)).toBe(ids.length);
  };

  test('runs a charge by a job in Redis, and leaves nothing behind', async () => {
    const { api } = await apart();
    const { id } = await api.charge();
    expect(await api.ending(id)).toMatchObject({ status: 'success' });
    await eventually(async () => (await outbox()) === 0);
    await eventually(async () => (await redis.client.keys('{outcome}:operations:0*')).length === 0);
    expect((await database.client.query('SELECT FROM bullmq.job')).rowCount).toBe(0);
  });

  test('ends every charge once if Redis is restarted under load, and loses all it had', async () => {
    const { api } = await apart();
    const ids = await startMany(api);
    await someEnded(10);
    await redis.kill();
    ids.push(...(await startMany(api)));
    await redis.revive();
    ids.push(...(await startMany(api)));
    await expectChargedOnce(api, ids);
  });

  test('ends every charge once if Redis is emptied under load, again and again', async () => {
    const { api } = await apart();
    const ids: string[] = [];
    for (const soFar of [10, MANY + 10, 2 * MANY + 10]) {
      ids.push(...(await startMany(api)));
      await someEnded(soFar);
      await redis.client.flushall();
    }
    await expectChargedOnce(api, ids);
  });

  test('finds retries that are due later in an emptied Redis, when they are due', async () => {
    const { api, worker } = await apart({ RETRY_BASE_MS: '60000' });
    let attempts = 0;
    const execute = async () => {
      if (++attempts === 1) throw new RetryableError('busy', 'Busy.');
      return succeeded({ attempts });
    };
    teach([api, worker], 'test.retried', { execute });
    const { id } = (await api.start('test.retried', {})).body;
    await operationOnce(api, id, ({ version }) => version === 3);
    await eventually(async () => (await redis.client.zcard('{outcome}:operations:delayed')) === 1);
    const { job_id: lost } = (await stored(api, id)) ?? {};
    await redis.client.flushall();
    await database.client.query(
      `UPDATE operation SET next_attempt_at = now() - interval '1 s', updated_at = now() - interval '1 s'`,
    );
    expect(await api.ending(id)).toMatchObject({ status: 'success', result: { attempts: 2 } });
    expect((await stored(api, id))?.job_id).not.toBe(lost);
  });

  test('accepts operations while Redis is away, says so, and runs them once it is back', async () => {
    const { api } = await apart({ WATCHDOG_MS: NEVER });
    await redis.kill();
    const ids = await startMany(api);
    expect(await outbox()).toBeGreaterThan(0);
    const ready = await eventually(async () => {
      const answer = await api.get<{ status: string; checks: Record<string, unknown> }>('/health/ready');
      return (answer.body.checks['queue'] as { status: string }).status === 'error' && answer;
    });
    expect(ready).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(ready.body.checks).toMatchObject({ queue: { status: 'error', message: 'The queue cannot be reached.' } });
    const { body: metrics } = await api.get<string>('/metrics');
    const up = metrics.match(/^outcome_\w+_up \d$/gm);
    expect(up).toEqual(['outcome_database_up 1', 'outcome_queue_up 0']);
    expect(metrics).not.toContain('outcome_queue_jobs{');
    await redis.revive();
    await expectChargedOnce(api, ids);
    await eventually(async () => (await outbox()) === 0);
  });

  test('delays operations by at most 5 s if their process is killed between the commit and Redis', async () => {
    const worker = await start({ ROLES: 'worker', WATCHDOG_MS: NEVER });
    const killed = ServiceProcess.spawn({
      PUBLIC_URL: 'http://127.0.0.1:9',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      ROLES: 'api',
    });
    const url = await killed.ready();
    // The api process cannot get past its commit; the worker’s connections come back with Redis.
    await redis.kill();
    const body = JSON.stringify({
      kind: 'payment.charge',
      input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' },
    });
    const answer = await fetch(`${url}/api/operations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    await killed.kill('SIGKILL');
    expect(await outbox()).toBe(1);
    await redis.revive();
    // Sweeps of the outbox are a second apart, however slow the machine is.
    const { reports } = worker.outcome.app.get(MaintenanceRunner, { strict: false });
    const sweeps = () => reports.get('job-outbox')?.succeeded ?? 0;
    const before = sweeps();
    await eventually(async () => (await outbox()) === 0);
    expect(sweeps() - before).toBeLessThanOrEqual(5);
    await expectAllEnded(worker, [id]);
    expect(await chargesOf(worker, [id])).toBe(1);
  });

  test('stops in time while Redis is away', async () => {
    const service = ServiceProcess.spawn({ DATABASE_URL: database.url, REDIS_URL: redis.url, SHUTDOWN_MS: '2000' });
    await service.ready();
    await redis.kill();
    const { code } = await service.kill('SIGTERM');
    // A process whose time is up ends with 1.
    expect(code).toBe(0);
  });
});

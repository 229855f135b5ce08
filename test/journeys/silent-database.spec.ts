import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { ServiceProcess } from '../support/service-process.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { SECONDS } from '../../src/time/durations.js';

const CHARGE = { kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } };
/** The time limit of a statement; pg waits a second longer for its answer. */
const TIMEOUT_MS = 3000;

/** Each queue has a worker. */
const QUEUES = 2;

interface Health {
  status: string;
  checks: Record<string, { status: string; message?: string }>;
}

const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  const began = Date.now();
  const result = await work;
  expect(Date.now() - began).toBeLessThan(ms);
  return result;
};

describe('if connections to the database go silent', () => {
  let database: TestDatabase;
  let line: LineToDatabase;
  let service: Service;
  beforeAll(async () => {
    database = await createDatabase();
    line = await LineToDatabase.to(database);
    service = await Service.start({ DATABASE_TIMEOUT_MS: String(TIMEOUT_MS) }, { ...database, url: line.url });
  });
  afterEach(() => line.speak());
  afterAll(async () => {
    await service.stop();
    await line.cut();
    await database.drop();
  });

  test('every call is answered in bounded time, health and metrics report it, and the service recovers', async () => {
    const { id } = await service.charge();
    await service.ending(id);
    line.silence();
    const starts = Array.from({ length: 40 }, (_, at) =>
      service.post<Problem>('/api/operations', CHARGE, { 'Idempotency-Key': `silent-${at}` }),
    );
    const calls = [
      ...starts,
      service.get<Problem>('/api/operations'),
      service.get<Problem>(`/api/operations/${id}`),
      service.get<Problem>(`/api/operations/${id}/events`),
      service.request<Problem>('POST', `/api/operations/${id}/cancel`),
    ];
    const [found, ready, metrics] = await Promise.all([
      within(30 * SECONDS, Promise.all(calls)),
      within(20 * SECONDS, service.get<Health>('/health/ready')),
      within(20 * SECONDS, service.get<string>('/metrics')),
    ]);
    expect(found.map(({ status, body }) => `${status} ${body.code}`)).toEqual(
      found.map(() => '503 storage_unavailable'),
    );
    for (const { headers } of found) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect([ready.status, Object.keys(ready.body.checks)]).toEqual([503, ['database']]);
    expect(ready.body.checks['database']?.message).toMatch(/not answered/);
    expect([
      metrics.status,
      metrics.body.match(/^outcome_\w+_up \d$/gm),
      metrics.body.match(/^outcome_(queue_jobs|operations_attention)\b.*/gm),
    ]).toEqual([200, ['outcome_database_up 0', 'outcome_queue_up 0'], null]);
    expect((await service.get('/health/live')).status).toBe(200);

    line.speak();
    await eventually(async () => (await service.get('/health/ready')).status === 200);
    const again = await Promise.all(
      found.slice(0, 40).map((_, at) =>
        // A connection that nobody has used meanwhile is found silent at its first use.
        eventually(async () => {
          const answer = await service.post('/api/operations', CHARGE, { 'Idempotency-Key': `silent-${at}` });
          return answer.status < 300 && answer.body.id;
        }),
      ),
    );
    for (const each of again) expect((await service.ending(each)).status).toBe('success');
    await eventually(async () => /^outcome_database_up 1$/m.test((await service.get<string>('/metrics')).body));
  });

  test('single silent connections are replaced, including the worker’s listener', async () => {
    await service.ending((await service.charge()).id);
    // BullMQ names each connection.
    const listeners = async () =>
      (
        await database.client.query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name <> ''
             AND application_name NOT LIKE 'outcome %'`,
        )
      ).rows.map(({ pid }) => pid);
    const before = await eventually(async () => (await listeners()).length >= QUEUES && listeners());
    line.silenceOpenOnes();
    const started = await within(
      30 * SECONDS,
      eventually(async () => (await service.start(CHARGE.kind, CHARGE.input)).body.id),
    );
    expect((await service.ending(started)).status).toBe('success');
    // The server has not noticed yet that the old ones are gone.
    await eventually(async () => (await listeners()).filter((pid) => !before.includes(pid)).length >= QUEUES);
    await within(
      20 * SECONDS,
      service.charge().then(({ id }) => service.ending(id)),
    );
  });
});

test('a process still stops within SHUTDOWN_MS and a few seconds, and says so', async () => {
  const database = await createDatabase();
  const line = await LineToDatabase.to(database);
  const service = ServiceProcess.spawn({ DATABASE_URL: line.url, SHUTDOWN_MS: '500', LOG_LEVEL: 'silent' });
  const url = await service.ready();
  const started = await fetch(`${url}/api/operations`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'demo.countdown', input: { seconds: 30 } }),
  });
  const { id } = (await started.json()) as OperationView;
  await eventually(async () => {
    const { progress } = (await (await fetch(`${url}/api/operations/${id}`)).json()) as OperationView;
    return progress !== null;
  });
  line.silence();
  const { code, output } = await within(30 * SECONDS, service.kill('SIGTERM'));
  expect(output).toMatch(/^Outcome was to stop within 5\.5 s, and .*\bOperationProcessor\b.* did not end/m);
  expect(code).toBe(1);
  await line.cut();
  await database.drop();
});

import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Database } from '../../src/database/database.js';
import { RecentOperations } from '../../src/operations/persistence/recent-operations.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

const CHARGE = { kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } };
/** SQLSTATE. */
const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';

interface Health {
  status: string;
  checks: Record<string, { status: string; message?: string }>;
}

describe('if the database is in trouble', () => {
  let database: TestDatabase;
  let line: LineToDatabase;
  let service: Service;
  /** An operation that ended so long ago that the process must read it. */
  let past: string;
  beforeAll(async () => {
    database = await createDatabase();
    line = await LineToDatabase.to(database);
    service = await Service.start({ DATABASE_TIMEOUT_MS: '4000' }, { ...database, url: line.url });
    past = (await service.ending((await service.charge()).id)).id;
    const recent = service.outcome.app.get(RecentOperations, { strict: false });
    await eventually(async () => recent.find(ofOnlyTenant(past), 0) === undefined);
  });
  afterAll(async () => {
    await service.stop();
    await line.cut();
    await database.drop();
  });

  /** Every route that reads or writes an operation. */
  const answers = async () => {
    const calls = [
      service.post<Problem>('/api/operations', CHARGE, { 'Idempotency-Key': 'again' }),
      service.get<Problem>('/api/operations'),
      service.get<Problem>(`/api/operations/${past}`),
      service.get<Problem>(`/api/operations/${past}`, { Prefer: 'wait=30' }),
      service.get<Problem>(`/api/operations/${past}/events`),
      service.get<Problem>(`/api/operations/${past}/events`, { Accept: 'text/event-stream' }),
      service.request<Problem>('POST', `/api/operations/${past}/cancel`),
      service.request<Problem>('POST', '/api/startOperation'),
      service.get<Problem>(`/api/checkStatus?operationId=${past}`),
    ];
    return Promise.all(calls);
  };

  test('a missing table is an internal error that shows the client no statement', async () => {
    const { id } = await service.charge();
    await database.client.query('ALTER TABLE operation RENAME TO operation_gone');
    const found = await answers();
    await database.client.query('ALTER TABLE operation_gone RENAME TO operation');

    expect(found.map(({ status, body }) => `${status} ${body.code}`)).toEqual(found.map(() => '500 internal_error'));
    for (const { headers, body } of found) {
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(body.requestId).toBe(headers.get('x-request-id'));
      expect(JSON.stringify(body)).not.toMatch(/relation|exist|insert into|select |42P01|pg-pool|\bat \S+ \(/i);
    }
    expect((await service.ending(id)).status).toBe('success');
  });

  test('a read-only database, as after a failover, is reported as unavailable for writes and serves reads', async () => {
    const { id } = await service.charge();
    await service.ending(id);
    const readOnly = async (setting: 'on' | 'off') => {
      await database.client.query(
        `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET default_transaction_read_only = ${setting}`,
      );
    };
    await readOnly('on');
    line.break();
    const start = await eventually(async () => {
      const answer = await service.post<Problem>('/api/operations', CHARGE);
      return answer.body.detail?.includes('read-only') && answer;
    });
    const read = await eventually(async () => {
      const answer = await service.get(`/api/operations/${id}`);
      return answer.status === 200 && answer;
    });
    const ready = await service.get<Health>('/health/ready');
    // Connections from before keep the setting: the service leaves them by itself, as those to a former primary.
    await readOnly('off');

    expect([start.status, start.body.code]).toEqual([503, 'storage_unavailable']);
    expect(Number(start.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(read.body.status).toBe('success');
    expect([ready.status, ready.body.checks]).toEqual([
      503,
      { database: { status: 'error', message: 'The database is read-only, as a standby is after a failover.' } },
    ]);
    await eventually(async () => (await service.get('/health/ready')).status === 200);
  });

  test('a lock that is held too long is reported as unavailable, and the server stops waiting', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    await database.client.query('BEGIN');
    await database.client.query('LOCK TABLE operation IN ACCESS EXCLUSIVE MODE');
    const { status, headers, body } = await service.post<Problem>('/api/operations', CHARGE);
    await database.client.query('ROLLBACK');

    expect([status, body.code, Number(headers.get('retry-after')) > 0]).toEqual([503, 'storage_unavailable', true]);
    expect(body.detail).toMatch(/not answered in time/);
    // By PostgreSQL's lock timeout, before that of the statement, so that the statement does not continue there.
    const causes = () =>
      logged.mock.calls.flatMap(([line]: { code?: string; err?: { code?: string } }[]) =>
        line?.code ? [line.err?.code] : [],
      );
    await eventually(async () => causes().length > 0);
    expect(causes()).toEqual([LOCK_NOT_AVAILABLE]);
    logged.mockRestore();
  });

  test.each(['durable', 'relaxed'] as const)(
    'a %s statement that takes too long is ended by the server',
    async (pool) => {
      const asked = service.outcome.app.get(Database, { strict: false })[pool].query('SELECT pg_sleep(600)');
      const error = (await asked.catch((reason: unknown) => reason)) as { code?: string; message: string };
      // A process that was held up may find both answers at once: the server's, and that it came too late.
      expect(error.code ?? error.message).toMatch(new RegExp(`^(${QUERY_CANCELED}|Query read timeout)$`));
      const sleeping = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
        AND query = 'SELECT pg_sleep(600)'`;
      await eventually(async () => (await database.client.query(sleeping)).rowCount === 0);
    },
  );

  test('an unreachable database is reported with Retry-After, and the service recovers', async () => {
    const { id } = await service.charge();
    await line.cut();
    const found = await answers();
    const ready = await service.get<Health>('/health/ready');
    const live = await service.get<Health>('/health/live');
    await line.mend();

    expect(found.map(({ status, body }) => `${status} ${body.code}`)).toEqual(
      found.map(() => '503 storage_unavailable'),
    );
    for (const { headers, body } of found) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(JSON.stringify(body)).not.toMatch(/ECONN|127\.0\.0\.1|postgres/i);
    }
    expect([ready.status, ready.body.status]).toEqual([503, 'error']);
    expect(ready.body.checks).toEqual({ database: { status: 'error', message: 'The database cannot be reached.' } });
    expect(JSON.stringify(ready.body)).not.toMatch(/ECONN|127\.0\.0\.1|postgres:/i);
    expect(live.status).toBe(200);

    await eventually(async () => (await service.get('/health/ready')).status === 200);
    expect((await service.ending(id)).status).toBe('success');
    const started = await service.post('/api/operations', CHARGE, { 'Idempotency-Key': 'again' });
    expect([started.status, started.headers.get('idempotent-replayed')]).toEqual([202, null]);
  });
});

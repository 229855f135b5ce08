import { setTimeout as pause } from 'node:timers/promises';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { servingAddresses } from '../../src/database/roles/serving-logins.js';
import { DatabaseUnusable } from '../../src/database/database-unusable.js';
import { createDatabase, inDatabase, onServer, type TestDatabase } from '../support/databases.js';
import { keysCommand } from '../support/api-keys.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { ServiceProcess } from '../support/service-process.js';
import { eventually, Service } from '../support/service.js';
import { SECONDS } from '../../src/time/durations.js';

let database: TestDatabase;
beforeEach(async () => void (database = await createDatabase()));
afterEach(async () => {
  await ServiceProcess.killAll();
  await database.drop();
});

test.each([
  ['a queue', 'FROM "bullmq".migration'],
  ['a table of ours', 'FROM "information_schema"'],
])('a start fails with one sentence if the database goes away before %s is checked', async (_, words) => {
  const line = await LineToDatabase.to(database);
  line.breakAt(words);
  await expect(Service.start({}, { ...database, url: line.url })).rejects.toThrow(DatabaseUnusable);
  await line.cut();
});

describe('the setting is named', () => {
  const NOWHERE = 'postgres://nobody:secret@127.0.0.1:1/none';
  const missing = ({ url }: TestDatabase) => Object.assign(new URL(url), { pathname: '/no_such' }).toString();
  const through = (url: string, line: string) => Object.assign(new URL(url), { port: new URL(line).port }).toString();
  const serving = async ({ url }: TestDatabase) => {
    const addresses = await servingAddresses({ url, directUrl: url });
    return { DATABASE_URL_HOT: addresses.url, DATABASE_URL_QUERY: addresses.queryUrl };
  };

  test.each<[string, (data: TestDatabase) => Promise<Record<string, string>> | Record<string, string>]>([
    ['DATABASE_URL', () => ({ DATABASE_URL: NOWHERE })],
    ['DATABASE_URL', ({ url }) => ({ DATABASE_URL: NOWHERE, DATABASE_DIRECT_URL: url })],
    ['DATABASE_DIRECT_URL', ({ url }) => ({ DATABASE_URL: url, DATABASE_DIRECT_URL: NOWHERE })],
    ['DATABASE_DIRECT_URL', (data) => ({ DATABASE_URL: data.url, DATABASE_DIRECT_URL: missing(data) })],
    ['DATABASE_URL_HOT', async (data) => ({ ...(await serving(data)), DATABASE_URL_HOT: NOWHERE })],
    ['DATABASE_URL_QUERY', async (data) => ({ ...(await serving(data)), DATABASE_URL_QUERY: NOWHERE })],
  ])('that has the address which cannot be used: %s (%#)', async (name, env) => {
    const { message } = (await Service.start(await env(database), database).catch((error: unknown) => error)) as Error;

    expect(message).toMatch(new RegExp(`^The database of ${name} cannot be used: .*(ECONNREFUSED|does not exist)`));
    expect(message).not.toContain('secret');
  });

  test.each<[string, string, (data: TestDatabase, lineUrl: string) => Promise<Record<string, string>>]>([
    // The hot login is asked for at the address past a pooler, too.
    ['DATABASE_URL', 'rolbypassrls', async (data, url) => ({ ...(await serving(data)), DATABASE_URL: url })],
    ['DATABASE_DIRECT_URL', 'rolbypassrls', (_, url) => Promise.resolve({ DATABASE_DIRECT_URL: url })],
    ['DATABASE_DIRECT_URL', 'CREATE ROLE outcome_hot_', (_, url) => Promise.resolve({ DATABASE_DIRECT_URL: url })],
    [
      'DATABASE_URL_HOT or DATABASE_URL_QUERY',
      'clock-read',
      async (data, url) => {
        const { DATABASE_URL_HOT, ...given } = await serving(data);
        return { ...given, DATABASE_URL_HOT: through(DATABASE_URL_HOT, url) };
      },
    ],
  ])('or that has the one which is lost: %s, at %s', async (name, words, env) => {
    const line = await LineToDatabase.to(database);
    line.breakAt(words);
    const { message } = (await Service.start(await env(database, line.url), database).catch(
      (error: unknown) => error,
    )) as Error;

    expect(message).toMatch(new RegExp(`^The database of ${name} cannot be used: `));
    await line.cut();
  });

  test('by the command line, too', async () => {
    const env = { DATABASE_URL: database.url, DATABASE_DIRECT_URL: missing(database) };
    const { code, err } = await keysCommand(['list'], env);

    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^The database of DATABASE_DIRECT_URL cannot be used: [^\n]*$/),
    ]);
  });
});

test('while the database refuses, the worker retries and logs a few times, and then continues', async () => {
  const service = ServiceProcess.spawn({ DATABASE_URL: database.url });
  const url = await service.ready();
  const start = () =>
    fetch(`${url}/api/operations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'k1' },
      body: JSON.stringify({
        kind: 'payment.charge',
        input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' },
      }),
    });
  const server = inDatabase(database.url, 'postgres');
  const name = new URL(database.url).pathname.slice(1);

  await onServer(server, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await onServer(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  await eventually(async () => (await start()).status === 503);
  // The lines logged within this time are counted.
  await pause(4 * SECONDS);
  await onServer(server, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);

  const { id } = await eventually(async () => {
    const response = await start();
    return response.ok && ((await response.json()) as OperationView);
  });
  const ended = await eventually(async () => {
    const operation = (await (await fetch(`${url}/api/operations/${id}`)).json()) as OperationView;
    return operation.done && operation;
  });
  expect(ended.status).toBe('success');
  const { code, output } = await service.kill('SIGTERM');
  expect(code).toBe(0);
  expect(output.split('\n').filter((text) => text.includes('the queue cannot be reached')).length).toBeLessThan(30);
  expect(output.split('\n').length).toBeLessThan(200);
});

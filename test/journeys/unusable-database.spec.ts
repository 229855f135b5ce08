import { setTimeout as pause } from 'node:timers/promises';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { DatabaseUnusable } from '../../src/start-outcome.js';
import { createDatabase, inDatabase, onServer, type TestDatabase } from '../support/databases.js';
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

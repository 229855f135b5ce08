import { setTimeout as pause } from 'node:timers/promises';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { ServiceProcess } from '../support/service-process.js';
import { eventually } from '../support/service.js';
import { SECONDS } from '../../src/time/durations.js';

const PAYMENTS = 12;

let database: TestDatabase;
let line: LineToDatabase;
let service: ServiceProcess;
let url: string;

beforeAll(async () => {
  database = await createDatabase();
  line = await LineToDatabase.to(database);
  service = ServiceProcess.spawn({
    DATABASE_URL: line.url,
    LOG_LEVEL: 'silent',
    RETRY_BASE_MS: '20',
    RETRY_ATTEMPTS: '20',
    LOOK_UP_BASE_MS: '20',
  });
  url = await service.ready();
});
afterAll(async () => {
  await service.kill('SIGTERM');
  await line.cut();
  await database.drop();
});

/** Repeats until it is accepted, under one key, so that a lost answer starts nothing twice. */
const start = (kind: string, input: object, key: string) =>
  eventually(async () => {
    const response = await fetch(`${url}/api/operations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({ kind, input }),
    });
    return response.status < 300 && ((await response.json()) as OperationView);
  });

const ending = (id: string) =>
  eventually(async () => {
    const response = await fetch(`${url}/api/operations/${id}`, { headers: { Prefer: 'wait=5' } });
    const operation = (await response.json()) as OperationView;
    return response.ok && operation.done && operation;
  }, 40 * SECONDS);

test('connections that are cut while money moves end no process, and every movement ends', async () => {
  const charges = await Promise.all(
    Array.from({ length: 2 * PAYMENTS }, (_, at) => {
      const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa', capture: at < PAYMENTS };
      return start('payment.charge', input, `charge-${at}`).then(({ id }) => ending(id));
    }),
  );
  const moving = Promise.all(
    charges.map(async ({ id }, at) => {
      const kind = at < PAYMENTS ? 'payment.refund' : at % 2 ? 'payment.capture' : 'payment.void';
      return ending((await start(kind, { chargeOperationId: id }, `move-${at}`)).id);
    }),
  );
  let done = false;
  void moving.finally(() => (done = true));
  for (let cuts = 0; cuts < 60 && !done; cuts += 1) {
    await pause(10 + (cuts % 7) * 5);
    line.break();
  }
  expect((await moving).map(({ status }) => status)).toEqual(charges.map(() => 'success'));
  expect(service.isAlive).toBe(true);
});

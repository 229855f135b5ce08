import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { ENTITIES } from '../../src/entities.js';
import { migrations } from '../../src/database/migrations/migrations.js';
import { ReconcilePayments1795634124298 } from '../../src/database/migrations/1795634124298-ReconcilePayments.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createDatabase();
  dataSource = await new DataSource(dataSourceOptions(database.url, ENTITIES)).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function operation(kind: string): Promise<string> {
  const id = uuidv7();
  await database.client.query(
    `INSERT INTO operation (id, kind, input, metadata, status, version, attempt, look_ups, created_at, updated_at,
      finished_at)
     VALUES ($1, $2, '{}', '{}', 'success', 1, 1, 0, now(), now(), now())`,
    [id, kind],
  );
  return id;
}

async function charge(provider: string, reference: string | null): Promise<string> {
  const id = await operation('payment.charge');
  await database.client.query(
    `INSERT INTO payment (charge_operation_id, provider, reference, currency, authorised, captured, refunded,
      sent_at, updated_at)
     VALUES ($1, $2, $3, 'EUR', 1999, 1999, 300, now(), now())`,
    [id, provider, reference],
  );
  return id;
}

async function movement(
  chargeOperationId: string,
  type: string,
  reference: string | null,
  isDone = true,
): Promise<string> {
  const id = await operation(`payment.${type}`);
  await database.client.query(
    `INSERT INTO payment_movement (operation_id, charge_operation_id, type, amount, reference, reserved_at, done_at)
     VALUES ($1, $2, $3, 300, $4, now(), CASE WHEN $5 THEN now() END)`,
    [id, chargeOperationId, type, reference, isDone],
  );
  return id;
}

test('of two operations with one reference, the later one loses it and needs attention; no other changes', async () => {
  const names = migrations.map((migration) => new migration().name);
  const since = names.slice(names.indexOf(new ReconcilePayments1795634124298().name));
  for (const name of since) {
    await dataSource.undoLastMigration();
    expect(names).toContain(name);
  }
  const charges = [
    await charge('sandbox', 'one'),
    await charge('sandbox', 'one'),
    await charge('stripe', 'one'),
    await charge('sandbox', null),
    await charge('sandbox', null),
  ];
  const of = charges[0] as string;
  const movements = [
    await movement(of, 'refund', 'two'),
    await movement(of, 'refund', 'two'),
    await movement(of, 'capture', 'two'),
    await movement(of, 'refund', 'two', false),
    await movement(of, 'refund', null, false),
  ];
  await dataSource.runMigrations();
  const payments = await database.client.query<{ id: string; reference: string | null; captured: string }>(
    'SELECT charge_operation_id AS id, reference, captured FROM payment ORDER BY 1',
  );
  expect(payments.rows.map(({ id, reference }) => [id, reference])).toEqual(
    charges.map((id, at) => [id, ['one', null, 'one', null, null][at]]),
  );
  const moved = await database.client.query<{ id: string; reference: string | null; provider: string }>(
    'SELECT operation_id AS id, reference, provider FROM payment_movement ORDER BY 1',
  );
  expect(moved.rows).toEqual(
    movements.map((id, at) => ({ id, reference: ['two', null, 'two', 'two', null][at], provider: 'sandbox' })),
  );
  const listed = await database.client.query<{ id: string }>(
    'SELECT id FROM operation WHERE attention_at IS NOT NULL ORDER BY 1',
  );
  expect(listed.rows.map(({ id }) => id)).toEqual([charges[1], movements[1]]);
});

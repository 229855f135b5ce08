// Fills a service's database with operations that ended long ago: copies of one of its charges.
import { fixed } from '../numbers.mjs';

const AT_ONCE = 100_000;
const AN_HOUR_OF_THEM = 3600 * 50;

/** For each table: the key of its template, and the columns that differ per copy. `filling` has their ids and times. */
const TABLES = [
  {
    table: 'operation',
    key: 'id = $1',
    own: { id: 'filling.id', created_at: 'at', updated_at: 'at', finished_at: 'at', request_id: 'filling.id::text' },
  },
  { table: 'operation_event', key: 'operation_id = $1', own: { operation_id: 'filling.id', occurred_at: 'at' } },
  {
    table: 'payment',
    key: 'charge_operation_id = $1',
    own: {
      charge_operation_id: 'filling.id',
      reference: `'sb_' || filling.id`,
      sent_at: 'at',
      updated_at: 'at',
      // As if reconciled daily, but not during the bench.
      reconcile_at: `now() + (1 + random()) * interval '1 day'`,
    },
  },
  {
    table: 'sandbox.charge',
    key: 'idempotency_key = $1::text',
    own: { idempotency_key: 'filling.id::text', reference: `'sb_' || filling.id`, created_at: 'at' },
  },
];

/** @param {import('pg').Client} database @param {typeof TABLES[number]} copied @param {string} template */
async function copy(database, { table, key, own }, template) {
  const { rows } = await database.query(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  const columns = rows.map(({ name }) => name);
  const values = columns.map((name) => own[/** @type {keyof typeof own} */ (name)] ?? `template.${name}`);
  const from = `filling, ${table} AS template WHERE template.${key}`;
  await database.query(`INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${from} ORDER BY filling.id`, [
    template,
  ]);
}

/** @param {import('pg').Client} database @param {number} count */
export async function fill(database, count) {
  const { rows } = await database.query(
    `SELECT id FROM operation WHERE kind = 'payment.charge' AND status = 'success' LIMIT 1`,
  );
  const from = performance.now();
  await database.query('SET synchronous_commit = off');
  for (let done = 0; done < count; done += AT_ONCE) {
    const [first, last] = [done, Math.min(done + AT_ONCE, count) - 1];
    await database.query('BEGIN');
    await database.query(
      `CREATE TEMP TABLE filling ON COMMIT DROP AS
       SELECT uuidv7(at - now()) AS id, at FROM (
         SELECT now() - interval '1 day' - (${count} - turn) * interval '1 hour' / ${AN_HOUR_OF_THEM} AS at
         FROM generate_series(${first}, ${last}) AS turn) AS times`,
    );
    for (const table of TABLES) await copy(database, table, rows[0].id);
    await database.query('COMMIT');
  }
  await database.query('RESET synchronous_commit');
  await database.query('VACUUM (ANALYZE)');
  // Otherwise pending writes would fall into other measurements.
  await database.query('CHECKPOINT');
  const { rows: sizes } = await database.query('SELECT pg_database_size(current_database())::float / 1e9 AS gigabytes');
  const seconds = fixed((performance.now() - from) / 1000);
  console.log(`  filled in ${count} ended operations in ${seconds} s: ${fixed(sizes[0].gigabytes, 1)} GB`);
}

// The same work with two shared commits, one that accepts and one that ends: as good as hand-written code gets. The
// provider shares its commits too, as the sandbox does.
import { randomUUID } from 'node:crypto';
import { serve } from './front.mjs';
import { find, openTables, succeeded } from './tables.mjs';

/** @typedef {import('./front.mjs').View} View */

const EVENTS = (/** @type {number} */ first) => `INSERT INTO operation_event (operation_id, version, type, snapshot)
  SELECT * FROM unnest($${first}::uuid[], $${first + 1}::integer[], $${first + 2}::text[], $${first + 3}::jsonb[])`;
const ACCEPT = {
  name: 'accept',
  text: `WITH event AS (${EVENTS(4)})
    INSERT INTO operation (id, kind, input, status, version)
    SELECT id, kind, input, 'processing', 2 FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) AS given(id, kind, input)`,
};
const END = {
  name: 'end',
  text: `WITH event AS (${EVENTS(3)})
    UPDATE operation SET status = 'success', version = 3, result = given.result, finished_at = now()
    FROM unnest($1::uuid[], $2::jsonb[]) AS given(id, result) WHERE operation.id = given.id AND version = 2`,
};
const CHARGE = {
  name: 'charge',
  text: `INSERT INTO provider_charge (idempotency_key, reference, amount, currency)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])`,
};

const pool = await openTables();

/**
 * Those that come while a commit is under way share the next one. @template Row @param {{ name: string, text: string }}
 * statement @param {(rows: Row[]) => unknown[][]} toColumns
 */
function shared(statement, toColumns) {
  /** @type {{ row: Row, stored: () => void, failed: (error: unknown) => void }[]} */
  let waiting = [];
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await pool.query({ ...statement, values: toColumns(batch.map(({ row }) => row)) }).then(
        () => batch.forEach(({ stored }) => stored()),
        (error) => batch.forEach(({ failed }) => failed(error)),
      );
    }
    isRunning = false;
  };
  return (/** @type {Row} */ row) =>
    new Promise((/** @type {(value?: undefined) => void} */ stored, failed) => {
      waiting.push({ row, stored, failed });
      if (!isRunning) void run();
    });
}

const eventsOf = (/** @type {[View, string][]} */ events) => [
  events.map(([{ id }]) => id),
  events.map(([{ version }]) => version),
  events.map(([, type]) => type),
  events.map(([view]) => JSON.stringify(view)),
];

const storeAccepted = shared(ACCEPT, (/** @type {{ pending: View, processing: View, input: unknown }[]} */ rows) => [
  rows.map(({ pending }) => pending.id),
  rows.map(({ pending }) => pending.kind),
  rows.map(({ input }) => JSON.stringify(input)),
  ...eventsOf(
    rows.flatMap(({ pending, processing }) => [
      [pending, 'operation.accepted'],
      [processing, 'operation.processing'],
    ]),
  ),
]);
const storeEnding = shared(END, (/** @type {View[]} */ rows) => [
  rows.map(({ id }) => id),
  rows.map(({ result }) => JSON.stringify(result)),
  ...eventsOf(rows.map((view) => [view, 'operation.succeeded'])),
]);
const charge = shared(CHARGE, (/** @type {any[]} */ rows) =>
  ['id', 'reference', 'amount', 'currency'].map((name) => rows.map((row) => row[name])),
);

serve({
  accept: async (kind, input) => {
    const pending = { id: randomUUID(), kind, status: 'pending', version: 1, done: false };
    const processing = { ...pending, status: 'processing', version: 2 };
    await storeAccepted({ pending, processing, input });
    return processing;
  },
  run: async (accepted, { amount, currency }, publish) => {
    const reference = randomUUID();
    await charge({ id: accepted.id, reference, amount, currency });
    const ending = succeeded(accepted, { reference, amount, currency });
    await storeEnding(ending);
    publish(ending);
    return ending;
  },
  find: (id) => find(pool, id),
});

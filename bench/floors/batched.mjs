// The same work with two shared commits, one for accepting and one for ending: the best that hand-written code can do.
// The provider shares its commits, too, like the sandbox.
import { randomUUID } from 'node:crypto';
import { serve } from './front.mjs';
import { providerOn } from './provider.mjs';
import { shared } from './shared.mjs';
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

const pool = await openTables();

const eventsOf = (/** @type {[View, string][]} */ events) => [
  events.map(([{ id }]) => id),
  events.map(([{ version }]) => version),
  events.map(([, type]) => type),
  events.map(([view]) => JSON.stringify(view)),
];

const storeAccepted = shared(
  pool,
  ACCEPT,
  (/** @type {{ pending: View, processing: View, input: unknown }[]} */ rows) => [
    rows.map(({ pending }) => pending.id),
    rows.map(({ pending }) => pending.kind),
    rows.map(({ input }) => JSON.stringify(input)),
    ...eventsOf(
      rows.flatMap(({ pending, processing }) => [
        [pending, 'operation.accepted'],
        [processing, 'operation.processing'],
      ]),
    ),
  ],
);
const storeEnding = shared(pool, END, (/** @type {View[]} */ rows) => [
  rows.map(({ id }) => id),
  rows.map(({ result }) => JSON.stringify(result)),
  ...eventsOf(rows.map((view) => [view, 'operation.succeeded'])),
]);
const charge = providerOn(pool);

serve({
  accept: async (kind, input) => {
    const pending = { id: randomUUID(), kind, status: 'pending', version: 1, done: false };
    const processing = { ...pending, status: 'processing', version: 2 };
    await storeAccepted({ pending, processing, input });
    return processing;
  },
  run: async (accepted, input, publish) => {
    const ending = succeeded(accepted, await charge(accepted.id, input));
    await storeEnding(ending);
    publish(ending);
    return ending;
  },
  find: (id) => find(pool, id),
});

// The service's work by hand, without a framework and without a queue: 202 and push, the same events, the provider's
// row, and a commit for each. It shares, retries and looks up nothing.
import { randomUUID } from 'node:crypto';
import { serve } from './front.mjs';
import { find, openTables, succeeded } from './tables.mjs';

const ACCEPT = {
  name: 'accept',
  text: `WITH event AS (INSERT INTO operation_event (operation_id, version, type, snapshot)
      VALUES ($1, 1, 'operation.accepted', $4))
    INSERT INTO operation (id, kind, input, status, version) VALUES ($1, $2, $3, 'pending', 1)`,
};
const STEP = {
  name: 'step',
  text: `WITH event AS (INSERT INTO operation_event (operation_id, version, type, snapshot)
      VALUES ($1, $2, $3, $4))
    UPDATE operation SET status = $5, version = $2, result = $6, finished_at = CASE WHEN $7 THEN now() END
    WHERE id = $1 AND version = $2 - 1`,
};
const CHARGE = {
  name: 'charge',
  text: 'INSERT INTO provider_charge (idempotency_key, reference, amount, currency) VALUES ($1, $2, $3, $4)',
};

const pool = await openTables();

/** @param {import('./front.mjs').View} view @param {string} type */
async function store(view, type) {
  const { id, version, status, result, done } = view;
  const values = [id, version, type, JSON.stringify(view), status, result ? JSON.stringify(result) : null, done];
  await pool.query({ ...STEP, values });
  return view;
}

serve({
  accept: async (kind, input) => {
    const view = { id: randomUUID(), kind, status: 'pending', version: 1, done: false };
    await pool.query({ ...ACCEPT, values: [view.id, kind, JSON.stringify(input), JSON.stringify(view)] });
    return view;
  },
  run: async (accepted, { amount, currency }, publish) => {
    const processing = await store({ ...accepted, status: 'processing', version: 2 }, 'operation.processing');
    publish(processing);
    const reference = randomUUID();
    await pool.query({ ...CHARGE, values: [accepted.id, reference, amount, currency] });
    const ending = await store(succeeded(processing, { reference, amount, currency }), 'operation.succeeded');
    publish(ending);
    return ending;
  },
  find: (id) => find(pool, id),
});

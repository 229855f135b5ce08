// graphile-worker: the operation and its job in one statement, taken by a worker in this process, which stores the
// ending. There is no history.
import { randomUUID } from 'node:crypto';
import { Logger, run } from 'graphile-worker';
import { serve } from '../../floors/front.mjs';
import { openPool } from '../../floors/pool.mjs';
import { PROVIDER_SCHEMA, providerOn } from '../../floors/provider.mjs';
import { find, OPERATION_SCHEMA, succeeded } from '../../floors/tables.mjs';
import { Endings, pending } from './endings.mjs';

/** As many as the service works on at once, fetched and completed together as its page on performance has it. */
const CONCURRENCY = 100;
const TOGETHER = { localQueue: { size: CONCURRENCY }, completeJobBatchDelay: 0 };

const CONNECTIONS = 16;

const ACCEPT = {
  name: 'accept',
  text: `WITH job AS (SELECT graphile_worker.add_job('operation',
      json_build_object('accepted', $4::json, 'input', $3::json)))
    INSERT INTO operation (id, kind, input, status, version) SELECT $1, $2, $3::jsonb, 'pending', 1 FROM job`,
};
const END = {
  name: 'end',
  text: `UPDATE operation SET status = 'success', version = 2, result = $2, finished_at = now() WHERE id = $1`,
};

const pool = await openPool(`${OPERATION_SCHEMA} ${PROVIDER_SCHEMA}`);
const charge = providerOn(pool);
const endings = new Endings();
await run({
  connectionString: process.env.DATABASE_URL,
  concurrency: CONCURRENCY,
  maxPoolSize: CONNECTIONS,
  noHandleSignals: true,
  logger: new Logger(() => () => undefined),
  preset: { worker: TOGETHER },
  taskList: {
    operation: async (/** @type {any} */ { accepted, input }) => {
      const ending = succeeded(accepted, await charge(accepted.id, input));
      await pool.query({ ...END, values: [accepted.id, JSON.stringify(ending.result)] });
      endings.arrived(ending);
    },
  },
});

serve({
  accept: async (kind, input) => {
    const accepted = pending(randomUUID(), kind);
    endings.expect(accepted.id);
    const values = [accepted.id, kind, JSON.stringify(input), JSON.stringify(accepted)];
    await pool.query({ ...ACCEPT, values });
    return accepted;
  },
  run: endings.publish,
  find: (id) => find(pool, id),
});

import { statement } from '../database/statement.js';

/** The statements of the outbox of jobs. */

/** Most jobs that are taken at a time. */
export const PAGE = 500;

/** $1: the queue; $2: the jobs, as JSON. */
export const ADD = statement(
  'outbox-add',
  `
INSERT INTO job_outbox (queue, job_id, data, run_at, priority)
SELECT $1::text, given.* FROM jsonb_to_recordset($2::jsonb)
  AS given (id text, data jsonb, "runAt" timestamptz, priority text)
ON CONFLICT DO NOTHING`,
);

/** Other processes skip the rows until the end of the transaction, and see them again if it fails. */
const take = (which: string) => `
DELETE FROM job_outbox WHERE queue = $1 AND job_id = ANY(ARRAY(
  SELECT job_id FROM job_outbox WHERE queue = $1 AND ${which} ORDER BY job_id LIMIT ${PAGE} FOR UPDATE SKIP LOCKED
))
RETURNING job_id AS id, data, run_at AS "runAt", priority`;

export const TAKE = statement('outbox-take', take('job_id = ANY($2::text[])'));

export const TAKE_LEFT_BEHIND = statement('outbox-take-left-behind', take(`added_at < now() - $2 * interval '1 ms'`));

export const AMONG = statement(
  'outbox-among',
  'SELECT job_id AS id FROM job_outbox WHERE queue = $1 AND job_id = ANY($2::text[])',
);

export const EXPEDITE = statement(
  'outbox-expedite',
  `UPDATE job_outbox SET run_at = NULL WHERE queue = $1 AND job_id = ANY($2::text[]) AND run_at > now()
    RETURNING job_id AS id`,
);

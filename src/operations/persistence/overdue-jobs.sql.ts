import { statement } from '../../database/statement.js';

/** Most operations that are read at a time. */
export const PAGE = 500;

/** By the index on next_attempt_at. */
export const DUE = statement(
  'operation-due',
  `
SELECT job_id AS "jobId", next_attempt_at AS "nextAttemptAt" FROM operation
WHERE next_attempt_at > $1 AND next_attempt_at < $2 ORDER BY next_attempt_at LIMIT ${PAGE}`,
);

/** Stored by a clock ahead of the present one: the service cannot tell when they are due. */
export const OF_THE_FUTURE = statement(
  'operation-of-the-future',
  `
SELECT job_id AS "jobId", next_attempt_at AS "nextAttemptAt" FROM operation
WHERE next_attempt_at > $1 AND updated_at > $2 ORDER BY next_attempt_at LIMIT ${PAGE}`,
);

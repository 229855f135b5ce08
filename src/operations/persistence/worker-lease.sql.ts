import { statement } from '../../database/statement.js';

/** The statements of worker leases, by the database's clock. */

export const OPEN_LEASE = statement(
  'lease-open',
  `INSERT INTO worker_lease (id, held_until) VALUES ($1, now() + $2 * interval '1 ms')`,
);

/** Returns no row if the lease has expired and another process has taken over its operations. */
export const RENEW_LEASE = statement(
  'lease-renew',
  `UPDATE worker_lease SET held_until = now() + $2 * interval '1 ms' WHERE id = $1 RETURNING id`,
);

export const RELEASE_LEASE = statement('lease-release', 'DELETE FROM worker_lease WHERE id = $1');

export const HELD_LEASES = statement(
  'lease-held',
  'SELECT id FROM worker_lease WHERE id = ANY($1::text[]) AND held_until > now()',
);

/**
 * Makes a job a tenant responsible for the operations of lost workers, and ends their leases. No lease lasts longer
 * than $2 milliseconds: one that ends later is from before the clock was set back, and is shortened.
 */
export const RESCUE_FROM_LOST_WORKERS = statement(
  'lease-rescue-from-lost-workers',
  `
WITH shortened AS (
  UPDATE worker_lease SET held_until = now() + $2 * interval '1 ms' WHERE held_until > now() + $2 * interval '1 ms'
), lost AS (
  DELETE FROM worker_lease WHERE held_until < now() RETURNING id
)
UPDATE operation SET job_id = $1::text || ' ' || tenant FROM lost
WHERE operation.status = 'processing' AND operation.job_id = lost.id
RETURNING operation.id, tenant, operation.job_id AS "jobId"`,
);

/** Operations under a lease that have not changed for this many milliseconds and are not known to run. */
export const STRAYS = statement(
  'lease-strays',
  `
SELECT id, job_id AS "jobId" FROM operation
WHERE status = 'processing' AND job_id = $1 AND updated_at < now() - $2 * interval '1 ms'
  AND id <> ALL($3::uuid[])`,
);

import { statement } from '../../database/statement.js';

/** Counted up to so many. */
const COUNTED_TO = 100_000;

/**
 * By the indexes on status and on the next attempt, and by the database's clock. Measures the oldest operation beyond
 * those that the workers can claim at once, which tenants share: a few stuck ones are no backlog.
 */
export const LOOK = statement(
  'operation-backlog',
  `
WITH oldest AS MATERIALIZED (
  SELECT id, tenant, greatest(0, extract(epoch FROM now() - created_at) * 1000)::float AS age
  FROM operation WHERE status = 'pending' ORDER BY id LIMIT ${COUNTED_TO}
), waiting AS (
  SELECT tenant, count(*)::integer AS waiting, max(age) AS oldest,
    min(age) FILTER (WHERE place = greatest(1, $1 / tenants) + 1) AS backlog
  FROM (SELECT tenant, age, row_number() OVER (PARTITION BY tenant ORDER BY id) AS place FROM oldest) AS placed,
    (SELECT count(DISTINCT tenant) AS tenants FROM oldest) AS counted
  GROUP BY tenant
), overdue AS (
  SELECT tenant, count(*)::integer AS overdue
  FROM (SELECT tenant FROM operation WHERE next_attempt_at < now() LIMIT ${COUNTED_TO}) AS due GROUP BY tenant
)
SELECT tenant, coalesce(waiting, 0) AS waiting, coalesce(overdue, 0) AS overdue, coalesce(oldest, 0) AS "oldestMs",
  coalesce(backlog, 0) AS "backlogMs"
FROM waiting FULL JOIN overdue USING (tenant)`,
);

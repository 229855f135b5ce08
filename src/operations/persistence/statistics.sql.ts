import { type Ending, ENDINGS, type Status } from '../domain/operation-status.js';

export type BucketRow = { at: Date; started: number | null; durations: [number, number] | null } & Record<
  Ending,
  number | null
>;

/**
 * Parameters: from, to, bucket length, the lowest id of operations that may have started since, and tenant. Starts are
 * found by id, which sorts by time; endings by the BRIN index, which is nearly free to write.
 */
export const BUCKETS = `
  WITH bucket AS (SELECT generate_series($1::timestamptz, $2::timestamptz - $3::interval, $3::interval) AS at),
  started AS (
    SELECT date_bin($3::interval, created_at, $1) AS at, count(*)::int AS started
    FROM operation WHERE tenant = $5 AND id >= $4 AND created_at >= $1 AND created_at < $2 GROUP BY 1
  ),
  ended AS (
    SELECT date_bin($3::interval, finished_at, $1) AS at,
      ${ENDINGS.map((status) => `count(*) FILTER (WHERE status = '${status}')::int AS ${status}`).join(', ')},
      percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
        ORDER BY extract(epoch FROM finished_at - created_at) * 1000) AS durations
    FROM operation WHERE tenant = $5 AND finished_at >= $1 AND finished_at < $2 GROUP BY 1
  )
  SELECT at, started, ${ENDINGS.join(', ')}, durations FROM bucket LEFT JOIN started USING (at) LEFT JOIN ended
    USING (at) ORDER BY at`;

/** Parameters: from, to, tenant. The median of the whole range cannot be computed from the medians of the buckets. */
export const DURATIONS = `
  SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
        ORDER BY extract(epoch FROM finished_at - created_at) * 1000) AS durations
  FROM operation WHERE tenant = $3 AND finished_at >= $1 AND finished_at < $2`;

export interface UnfinishedRow {
  status: Status;
  count: number;
}

export const UNFINISHED_NOW =
  'SELECT status, count(*)::int FROM operation WHERE tenant = $2 AND status = ANY($1) GROUP BY status';

import type { TestDatabase } from './databases.js';

/** Tables in which a running process keeps its own books, and the trail that tells of refusals. */
const OF_PROCESSES = ['worker_lease', 'migrations', 'audit_event'];

/** How many rows each table has, and a sum of their contents. */
export async function contentsOf({ client }: TestDatabase): Promise<Record<string, string>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'sandbox', 'bullmq') AND tablename <> ALL ($1) ORDER BY 1`,
    [OF_PROCESSES],
  );
  const sums = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS name, count(*) || ' ' || coalesce(sum(hashtext(t::text)), 0) AS sum FROM ${name} t`,
  );
  const { rows } = await client.query<{ name: string; sum: string }>(sums.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}

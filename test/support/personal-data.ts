import type { TestDatabase } from './databases.js';

/** In how many rows of each of the service's tables a text stands; the sandbox is another company's system. */
export async function rowsThatSay(text: string, { client }: TestDatabase): Promise<Record<string, number>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'bullmq')`,
  );
  const counts = tables.map(
    ({ name }) => `SELECT '${name}' AS name, count(*)::integer FROM ${name} t
    WHERE position($1 IN t::text) > 0 HAVING count(*) > 0`,
  );
  const { rows } = await client.query<{ name: string; count: number }>(counts.join(' UNION ALL '), [text]);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

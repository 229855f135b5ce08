import type { Database } from '../database/database.js';

/** Which of these jobs run or will still run: BullMQ has no call for many jobs, so this reads its table. */
export async function pendingJobs(database: Database, queue: string, jobIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await database.relaxed.query<{ id: string }>(
    `SELECT id FROM bullmq.job WHERE queue = $1 AND id = ANY($2::text[]) AND state NOT IN ('completed', 'failed')`,
    [queue, jobIds],
  );
  return new Set(rows.map(({ id }) => id));
}

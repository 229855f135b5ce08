import type pg from 'pg';

/**
 * A BullMQ worker keeps a connection on which PostgreSQL notifies it, and never queries it: a dead connection would
 * look like a quiet hour, and each job would wait for the next poll. So connections that stay borrowed are probed,
 * within the time limit of every statement; one that does not answer is closed, and BullMQ makes another.
 * @returns how to end it. @param everyMs longer than any statement may take: whatever is borrowed longer is a listener.
 */
export function probeListeners(pool: pg.Pool, everyMs: number): () => void {
  const borrowed = new Map<pg.PoolClient, 'new' | 'listens'>();
  pool.on('acquire', (client) => borrowed.set(client, 'new'));
  pool.on('release', (_, client) => borrowed.delete(client));
  const timer = setInterval(() => {
    for (const [client, state] of borrowed) {
      // Its own timeout closes it; there is nothing else to report.
      if (state === 'listens') client.query('SELECT 1').catch(() => undefined);
      borrowed.set(client, 'listens');
    }
  }, everyMs).unref();
  return () => clearInterval(timer);
}

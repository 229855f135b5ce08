import type pg from 'pg';

/**
 * A worker of BullMQ keeps a connection on which PostgreSQL calls it, and never asks anything on it: silence would pass
 * for a quiet hour, and each job would wait for the next poll. So those that stay borrowed are asked for a word, within
 * the time limit of every statement; one that gives none is closed, and BullMQ makes another.
 * @returns how to end it. @param everyMs longer than any statement may take: whatever is borrowed longer is a listener.
 */
export function probeListeners(pool: pg.Pool, everyMs: number): () => void {
  const borrowed = new Map<pg.PoolClient, 'new' | 'listens'>();
  pool.on('acquire', (client) => borrowed.set(client, 'new'));
  pool.on('release', (_, client) => borrowed.delete(client));
  const timer = setInterval(() => {
    for (const [client, state] of borrowed) {
      // Its own timeout closes it; there is nobody else to tell.
      if (state === 'listens') client.query('SELECT 1').catch(() => undefined);
      borrowed.set(client, 'listens');
    }
  }, everyMs).unref();
  return () => clearInterval(timer);
}

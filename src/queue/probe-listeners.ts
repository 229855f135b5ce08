import type pg from 'pg';

/**
 * Probes connections that stay borrowed. A BullMQ worker listens for notifications on one and never queries it, so a
 * dead one would look idle, and each job would wait for the next poll. A probe has the time limit of every statement; a
 * connection that does not answer is closed, and BullMQ opens another.
 * @param everyMs longer than any statement may take: a connection that is borrowed for longer is a listener.
 * @returns a function that stops the probes.
 */
export function probeListeners(pool: pg.Pool, everyMs: number): () => void {
  const borrowed = new Map<pg.PoolClient, 'new' | 'listens'>();
  pool.on('acquire', (client) => borrowed.set(client, 'new'));
  pool.on('release', (_, client) => borrowed.delete(client));
  const timer = setInterval(() => {
    for (const [client, state] of borrowed) {
      // The client's own timeout closes it; there is nothing else to report.
      if (state === 'listens') client.query('SELECT 1').catch(() => undefined);
      borrowed.set(client, 'listens');
    }
  }, everyMs).unref();
  return () => clearInterval(timer);
}

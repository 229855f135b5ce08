import { once } from 'node:events';
import type { EventEmitter } from 'node:events';

const KIB = 1024;

/** The most history that the service sends ahead of a reader that has not taken what came before. */
const HISTORY_AHEAD = 64 * KIB;

/**
 * The service cuts off a reader that leaves more unread, since the unread bytes fill our memory. The reader comes back
 * with its last version and misses nothing.
 */
export const MOST_UNREAD = 1024 * KIB;

/** Resolves once a reader has taken most of what was sent, or has gone. */
export async function readerIsReady(
  connection: EventEmitter,
  unread: () => number,
  hasGone: () => boolean,
): Promise<void> {
  while (!hasGone() && unread() > HISTORY_AHEAD) {
    const listeners = new AbortController();
    const either = ['drain', 'close'].map((event) => once(connection, event, { signal: listeners.signal }));
    await Promise.race(either);
    listeners.abort();
    await Promise.allSettled(either);
  }
}

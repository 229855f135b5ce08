import { once } from 'node:events';
import type { EventEmitter } from 'node:events';

const KIB = 1024;

/** Most bytes of history sent ahead of a reader that has not taken the earlier ones. */
const HISTORY_AHEAD = 64 * KIB;

/**
 * A reader that leaves more unread is cut off, since the unread bytes fill the service's memory. It reconnects with its
 * last version and misses nothing.
 */
export const MOST_UNREAD = 1024 * KIB;

/** Resolves once the reader has taken most of what was sent, or has disconnected. */
export async function readerIsReady(
  connection: EventEmitter,
  unread: () => number,
  hasGone: () => boolean,
): Promise<void> {
  while (!hasGone() && unread() > HISTORY_AHEAD) {
    const listeners = new AbortController();
    const either = ['drain', 'close'].map((event) => once(connection, event, { signal: listeners.signal }));
    // An error ends the connection, and the wait with it.
    await Promise.race(either).catch(() => undefined);
    listeners.abort();
    await Promise.allSettled(either);
  }
}

import { heldLock } from './locks.js';

/** A browser opens six connections to a server over HTTP/1.1, for all of its tabs: half of them are left to ask by. */
const MOST = 3;
const LOCK_WITHIN_MS = 500;

/**
 * The connections that are held open to wait for news, counted over all tabs by the locks that they share. A page
 * without locks cannot count, and holds none.
 */
export class HeldConnections {
  private readonly held = new Set<number>();

  constructor(private readonly base: string) {}

  /** How to give it back; undefined where there is none to be had, so that one asks instead. */
  async take(): Promise<(() => void) | undefined> {
    const soon = AbortSignal.timeout(LOCK_WITHIN_MS);
    for (let number = 1; number <= MOST; number += 1) {
      if (this.held.has(number)) continue;
      this.held.add(number);
      const letGo = isShared()
        ? await heldLock(`outcome.connection:${this.base}:${number}`, { ifAvailable: true }, soon)
        : () => undefined;
      if (!letGo) this.held.delete(number);
      else
        return () => {
          this.held.delete(number);
          letGo();
        };
    }
    return undefined;
  }
}

/**
 * Whether others may use the same connections: not where there is neither a page nor a lock, as in Node, which opens as
 * many as it is asked for.
 */
const isShared = () => typeof document !== 'undefined' || Boolean(globalThis.navigator?.locks);

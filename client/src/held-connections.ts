import { heldLock } from './locks.js';

/** A browser opens six HTTP/1.1 connections to a server for all of its tabs: half stay free for requests. */
const MOST = 3;
const LOCK_WITHIN_MS = 500;

/**
 * The connections held open for pushes and long polls, counted over all tabs by shared locks. A page without locks
 * cannot count, and holds none.
 */
export class HeldConnections {
  private readonly held = new Set<number>();

  constructor(private readonly base: string) {}

  /**
   * Resolves to a function that releases the connection; undefined if none is free, so that the caller polls instead.
   */
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

/** True if others may share the connections; false without a page and locks, as in Node, which limits none. */
const isShared = () => typeof document !== 'undefined' || Boolean(globalThis.navigator?.locks);

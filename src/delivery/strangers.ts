import { SECONDS } from '../time/durations.js';

/** As long as a client needs to get a token for its first room. */
const MAY_IDLE_FOR = 10 * SECONDS;
const LOOKS_EVERY = 1 * SECONDS;

interface Stranger {
  lastFollowed: () => number;
  close: () => void;
  connected: number;
}

/** Connections that came without credentials. They are closed once they have followed nothing for a while. */
export class Strangers {
  private readonly connected = new Set<Stranger>();
  private timer: NodeJS.Timeout | undefined;

  /** Until the returned function is called. @param lastFollowed as that of Rooms */
  watch(lastFollowed: () => number, close: () => void): () => void {
    const stranger = { lastFollowed, close, connected: performance.now() };
    this.connected.add(stranger);
    this.timer ??= setInterval(() => this.look(), LOOKS_EVERY).unref();
    return () => this.forget(stranger);
  }

  private look(): void {
    const now = performance.now();
    for (const stranger of this.connected) {
      if (now - Math.max(stranger.connected, stranger.lastFollowed()) < MAY_IDLE_FOR) continue;
      this.forget(stranger);
      stranger.close();
    }
  }

  private forget(stranger: Stranger): void {
    this.connected.delete(stranger);
    if (this.connected.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

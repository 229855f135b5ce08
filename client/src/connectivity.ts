const LONGEST_MS = 10_000;
const FIRST_MS = 250;

/**
 * Milliseconds before the next attempt: doubled each time, to ten seconds, less a random part, so that clients that
 * failed together do not return together.
 */
export const backoff = (failures: number) => Math.min(LONGEST_MS, FIRST_MS * 2 ** failures) * (0.5 + Math.random() / 2);

export const isHidden = () => typeof document !== 'undefined' && document.visibilityState === 'hidden';

/** Ends every pause early when the network is back or the page becomes visible. */
export class Connectivity {
  private readonly sleepers = new Set<() => void>();
  private users = 0;

  private readonly wake = () => {
    for (const rise of [...this.sleepers]) rise();
  };

  private readonly wakeIfVisible = () => {
    if (!isHidden()) this.wake();
  };

  /** Listens to the page while there is a user. */
  use(): () => void {
    if (this.users++ === 0) this.listen('addEventListener');
    return () => {
      if (--this.users === 0) this.listen('removeEventListener');
    };
  }

  /** Resolves after `ms`, or earlier on a change of connectivity. Rejects when aborted. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await until(signal, among(this.sleepers), ms);
    signal.throwIfAborted();
  }

  private listen(change: 'addEventListener' | 'removeEventListener'): void {
    if (typeof document === 'undefined') return;
    window[change]('online', this.wake);
    window[change]('pageshow', this.wake);
    // A frozen page continues (developer.chrome.com/docs/web-platform/page-lifecycle-api).
    document[change]('resume', this.wake);
    document[change]('visibilitychange', this.wakeIfVisible);
  }
}

/**
 * Resolves when `arrange` calls `settle`, when aborted, or after `ms`; then calls the function that `arrange` returned.
 */
export function until(signal: AbortSignal, arrange: (settle: () => void) => () => unknown, ms?: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      signal.removeEventListener('abort', settle);
      clearTimeout(timer);
      clear();
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(settle, ms);
    const clear = arrange(settle);
    signal.addEventListener('abort', settle);
    if (signal.aborted) settle();
  });
}

/** For `until`: resolves when a caller runs all functions of the set. */
export const among = (waiting: Set<() => void>) => (settle: () => void) => {
  waiting.add(settle);
  return () => waiting.delete(settle);
};

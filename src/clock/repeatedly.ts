import { setTimeout as wait } from 'node:timers/promises';

/**
 * Does the work again and again, with a pause between, never two at a time, until it is stopped. A failure is told and
 * does not end it, unless it comes of being stopped.
 */
export function repeatedly(
  pauseMs: number,
  stop: AbortSignal,
  work: () => Promise<void>,
  tell: (error: unknown) => void,
): void {
  void (async () => {
    while (!stop.aborted) {
      await wait(pauseMs, undefined, { signal: stop, ref: false }).catch(() => undefined);
      if (!stop.aborted) await work().catch((error: unknown) => (stop.aborted ? undefined : tell(error)));
    }
  })();
}

/**
 * Does the work again and again, with a pause between, never two at a time, until it is stopped. A failure is told and
 * does not end it.
 */
export function repeatedly(
  pauseMs: number,
  stop: AbortSignal,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): void {
  void (async () => {
    while (!stop.aborted) {
      await pause(pauseMs, stop);
      if (!stop.aborted) await work().catch(onError);
    }
  })();
}

/** Its timer does not keep the process running. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    stop.addEventListener('abort', end);
  });
}

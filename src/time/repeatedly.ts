/**
 * Repeats `work` with a pause in between, never two at a time, until it is stopped. A failure is reported and does not
 * end the repetition.
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

/** The timer does not keep the process alive. */
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

/** Within this time a second signal counts as the first: npm forwards a signal that the terminal sent to both. */
const SAME_WITHIN_MS = 500;

/** Resolves at the first signal to stop, even during startup. A later one ends the process at once. */
export const askedToStop = new Promise<void>((resolve) => {
  let asked: number | undefined;
  // SIGHUP: the terminal was closed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      asked ??= performance.now();
      resolve();
      if (performance.now() - asked > SAME_WITHIN_MS) process.exit(130);
    });
});

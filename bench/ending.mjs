// Stops everything that a bench has started, however the bench ends.

const MINUTES = 60_000;
/** Inserting ten million operations takes an hour. */
const LIMIT_MS = 180 * MINUTES;

/** @param {unknown} error */
function complain(error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/**
 * Runs it, undoes what it has started, and ends the process.
 * @param {import('./site.mjs').Site} site @param {() => Promise<void>} main
 */
export async function runToTheEnd(site, main) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => site.giveUp(new Error(`Interrupted by ${signal}.`)));
  setTimeout(() => site.giveUp(new Error(`Gave up after ${LIMIT_MS / MINUTES} minutes.`)), LIMIT_MS).unref();

  if (process.platform === 'win32')
    complain('The bench runs on Linux and macOS: elsewhere it could not stop what it starts.');
  else await Promise.race([main(), site.trouble]).catch(complain);
  site.trouble.catch(() => undefined);
  for (const step of site.undo.reverse()) await Promise.resolve(step()).catch(complain);
  // Signal listeners and a slow child must not keep the process alive.
  process.exit();
}

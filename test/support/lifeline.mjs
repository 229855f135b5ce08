// Preloaded (--import) into processes that a test or script starts with a channel: they stop when their starter has
// ended, for whatever reason.
import { rmSync } from 'node:fs';

process.once('disconnect', () => {
  const { LIFELINE_FOLDER: folder } = process.env;
  if (folder) process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Its output has no reader any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.kill(process.pid, 'SIGTERM');
});

// A Jest worker ends by removing its listener; the listener above must not keep it alive.
process.on('removeListener', (event) => {
  if (event !== 'message') return;
  process.channel?.unref();
  // Freeing the heap of a worker that has run many files takes longer than Jest waits.
  process.once('exit', () => process.exit());
});

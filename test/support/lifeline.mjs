// Preloaded (--import) into what a test or a script starts with a channel to itself: it stops when its starter is gone,
// however that ended.
import { rmSync } from 'node:fs';

process.once('disconnect', () => {
  const { LIFELINE_FOLDER: folder } = process.env;
  if (folder) process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Nobody reads what it says any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.kill(process.pid, 'SIGTERM');
});

// A worker of Jest ends by listening no more; the listener above must not keep it.
process.on('removeListener', (event) => {
  if (event !== 'message') return;
  process.channel?.unref();
  // Freeing the heap of a worker that has run many files piece by piece takes longer than Jest waits.
  process.once('exit', () => process.exit());
});

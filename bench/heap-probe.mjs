// Preloaded (--import) into the service: when the bench asks, it collects the garbage and tells what is left.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

process.on('message', (message) => {
  if (message !== 'heap') return;
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  process.send?.({ heapUsedMegabytes: process.memoryUsage().heapUsed / 1e6 });
});
// It asks nobody to stay for it.
process.channel?.unref();

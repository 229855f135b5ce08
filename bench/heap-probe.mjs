// Preloaded (--import) into the service: collects the garbage and reports the heap when the bench asks.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

process.on('message', (message) => {
  if (message !== 'heap') return;
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  process.send?.({ heapUsedMegabytes: process.memoryUsage().heapUsed / 1e6 });
});
// The channel must not keep the process alive.
process.channel?.unref();

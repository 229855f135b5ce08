// Preloaded into a service: tells its starter what it has used, after a full collection of garbage if asked for.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('message', ({ report, collected }) => {
  if (!report) return;
  if (collected) collect();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external } = process.memoryUsage();
  process.send({ report, cpuMs: (user + system) / 1000, heapMb: (heapUsed + external) / 1024 / 1024 });
});
// The channel must not keep the service alive, as without this listener.
process.channel.unref();

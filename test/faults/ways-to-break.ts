import { setTimeout as wait } from 'node:timers/promises';
import { EVERY_LIMIT_MS, type FrailWorld, JOB_LOCK_MS } from './frail-world.js';

export const POWER_CUT = 'a power cut';

/**
 * Each breaks something below the services, and resolves after the repair: new connections work, and both processes
 * run.
 */
export const WAYS_TO_BREAK: Record<string, (world: FrailWorld, forMs: number) => Promise<void>> = {
  [POWER_CUT]: (world) => world.cutPower(),
  'PostgreSQL killed': async ({ postgres }, forMs) => {
    await postgres.kill();
    await wait(forMs);
    await postgres.revive();
  },
  'a service killed': async (world, forMs) => {
    const which = forMs % 2;
    await world.services[which]?.kill('SIGKILL');
    await wait(forMs);
    await world.startService(which);
  },
  'connections ended by PostgreSQL': ({ postgres }) => postgres.endConnections(),
  'the line cut': async ({ line }, forMs) => {
    await line.cut();
    await wait(forMs);
    await line.mend();
  },
  'the line silent': async ({ line }, forMs) => {
    line.silence();
    await wait(forMs);
    line.speak();
    // A firewall that dropped a connection resets it at last.
    line.break();
  },
  'the line silent past every limit': async ({ line }, forMs) => {
    line.silence();
    await wait(EVERY_LIMIT_MS + forMs);
    line.speak();
  },
  'open connections silent for ever': async ({ line }) => line.silenceOpenOnes(),
  'a process stopped past its lock': async ({ services }, forMs) => {
    const service = services[forMs % 2];
    service?.signal('SIGSTOP');
    await wait(2 * JOB_LOCK_MS + forMs);
    service?.signal('SIGCONT');
  },
};

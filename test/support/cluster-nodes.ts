import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceProcess } from './service-process.js';

/** A node of a cluster, by the name that the cluster prints. */
export interface ClusterNode {
  /** Ends its process, and goes on when the cluster has started another one. */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

export function nodeOf(cluster: ServiceProcess, name: string): ClusterNode {
  const pid = () => {
    const started = new RegExp(`^${name} {2}starts as process (\\d+)$`, 'gm');
    const [, found] = [...cluster.said.matchAll(started)].at(-1) ?? [];
    if (!found) throw new Error(`Expected the process of ${name} in what the cluster printed, found none.`);
    return Number(found);
  };
  return {
    restart: async (signal) => {
      const former = pid();
      process.kill(former, signal);
      while (pid() === former) await pause(50);
    },
  };
}

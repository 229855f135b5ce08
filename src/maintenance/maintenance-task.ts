import { DiscoveryService } from '@nestjs/core';

/** Periodic work. It runs again `everyMs` after it has ended, never twice at a time in one process. */
export interface MaintenanceTask {
  /** As the log and the metrics call it, such as `orphan-rescue`. */
  name: string;
  everyMs: number;
  /** `cluster`: in one process at a time, of all that share the database. `node`: in each. */
  scope: 'node' | 'cluster';
  /** `stop` is aborted when the process shuts down. What it throws is logged and counted, and it runs again. */
  run: (stop: AbortSignal) => Promise<void>;
}

export interface HasMaintenanceTasks {
  tasks(): readonly MaintenanceTask[];
}

/** Marks a provider that has periodic work: MaintenanceRunner finds it. */
export const Maintenance = DiscoveryService.createDecorator();

import { DiscoveryService } from '@nestjs/core';

/** Periodic work: runs again `everyMs` after its end, never twice at a time in one process. */
export interface MaintenanceTask {
  /** Its name in the log and the metrics, such as `orphan-rescue`. */
  name: string;
  everyMs: number;
  /** `cluster`: in one process at a time among all that share the database. `node`: in every process. */
  scope: 'node' | 'cluster';
  /** `stop` is aborted at shutdown. An error is logged and counted, and the task runs again. */
  run: (stop: AbortSignal) => Promise<void>;
}

export interface HasMaintenanceTasks {
  tasks(): readonly MaintenanceTask[];
}

/** Marks a provider with periodic tasks, which MaintenanceRunner finds. */
export const Maintenance = DiscoveryService.createDecorator();

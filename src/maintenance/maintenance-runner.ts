import { setMaxListeners } from 'node:events';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Clock } from '../clock/clock.js';
import { StopsIn } from '../shutdown/shutdown.js';
import { repeatedly } from '../time/repeatedly.js';
import { ClusterLock } from './cluster-lock.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from './maintenance-task.js';

/** The state of a task in this process. */
export interface MaintenanceReport {
  succeeded: number;
  failed: number;
  /** Undefined until it has succeeded in this process. */
  lastSuccessAt?: Date;
}

/** Runs the periodic tasks of all rooms independently; logs when one begins to fail, and reports to the metrics. */
@Injectable()
@StopsIn('answers')
export class MaintenanceRunner implements OnApplicationBootstrap {
  private readonly logger = new Logger(MaintenanceRunner.name);
  private readonly stopping = new AbortController();
  readonly reports = new Map<string, MaintenanceReport>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly locks: ClusterLock,
    private readonly clock: Clock,
  ) {
    // Every task listens for the stop; Node warns of a leak beyond ten listeners.
    setMaxListeners(0, this.stopping.signal);
  }

  onApplicationBootstrap(): void {
    const providers = this.discovery.getProviders({ metadataKey: Maintenance.KEY });
    for (const { instance } of providers)
      for (const task of (instance as HasMaintenanceTasks).tasks()) this.schedule(task);
  }

  stop(): void {
    this.stopping.abort();
  }

  private schedule(task: MaintenanceTask): void {
    if (this.reports.has(task.name))
      throw new Error(`Two maintenance tasks are called "${task.name}". Give each a name of its own.`);
    const report: MaintenanceReport = { succeeded: 0, failed: 0 };
    this.reports.set(task.name, report);
    let isFailing = false;
    const run = async () => {
      await this.run(task, report);
      isFailing = false;
    };
    repeatedly(task.everyMs, this.stopping.signal, run, (err) => {
      report.failed += 1;
      // Logs only the first failure in a row: one line a second would bury the rest. The metrics count every one.
      if (!isFailing && !this.stopping.signal.aborted)
        this.logger.warn({ msg: 'a maintenance task has failed, and runs again', task: task.name, err });
      isFailing = true;
    });
  }

  private async run({ name, scope, run }: MaintenanceTask, report: MaintenanceReport): Promise<void> {
    if (scope === 'cluster' && !(await this.locks.holds(name))) return;
    await run(this.stopping.signal);
    report.succeeded += 1;
    report.lastSuccessAt = this.clock.now();
  }
}

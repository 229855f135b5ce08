import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../maintenance/maintenance-task.js';
import { Retention } from './retention.js';

/** Strips and deletes what is old enough, and strips what somebody has asked to erase. */
@Injectable()
@Maintenance()
export class RetentionTasks implements HasMaintenanceTasks {
  constructor(
    private readonly retention: Retention,
    @Inject(CONFIG.retention) private readonly config: Config['retention'],
    @Inject(CONFIG.maintenance) private readonly maintenance: Config['maintenance'],
  ) {}

  tasks(): MaintenanceTask[] {
    const { stripAfterMs, deleteAfterMs } = this.config;
    const acts = [...(stripAfterMs ? (['strip'] as const) : []), ...(deleteAfterMs ? (['delete'] as const) : [])];
    // Erasures are tasks of their own: nobody's wait for the walk over millions.
    return [
      this.every('erasure', (stop) => this.retention.takeDue('erase', stop)),
      ...acts.map((act) =>
        this.every(`retention-${act}`, async (stop) => {
          await this.retention.takeDue(act, stop);
          await this.retention.walk(act, stop);
        }),
      ),
    ];
  }

  private every(name: string, run: MaintenanceTask['run']): MaintenanceTask {
    return { name, everyMs: this.maintenance.intervalMs, scope: 'cluster', run };
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { RecheckEndings } from '../commands/recheck-endings.command.js';

/** Compares every ending without success with the provider once more, RECHECK_AFTER_MS later. */
@Injectable()
@Maintenance()
export class Rechecks implements HasMaintenanceTasks {
  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    @Inject(CONFIG.maintenance) private readonly config: Config['maintenance'],
  ) {}

  tasks(): MaintenanceTask[] {
    return [
      {
        name: 'rechecks',
        everyMs: this.config.intervalMs,
        scope: 'cluster',
        run: () => this.commands.execute(new RecheckEndings(this.clock.now())),
      },
    ];
  }
}

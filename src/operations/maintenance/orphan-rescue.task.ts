import { Inject, Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { RescueOperations } from '../commands/rescue-operations.command.js';

/** Finds operations whose job was lost, by a crash, an emptied queue or a bug, and gives them a new one. */
@Injectable()
@Maintenance()
export class OrphanRescue implements HasMaintenanceTasks {
  private readonly logger = new Logger(OrphanRescue.name);

  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    @Inject(CONFIG.maintenance) private readonly config: Config['maintenance'],
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'orphan-rescue', everyMs: this.config.intervalMs, scope: 'cluster', run: () => this.rescue() }];
  }

  private async rescue(): Promise<void> {
    const rescued = await this.commands.execute(new RescueOperations(this.clock.fromNow(-this.config.intervalMs)));
    if (rescued.length > 0) this.logger.warn({ msg: 'operations without a job were given one', operationIds: rescued });
  }
}

import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { ExpireOperation } from '../commands/expire-operation.command.js';
import { FindExpired } from '../queries/find-expired.query.js';
import { SECONDS } from '../../time/durations.js';

/** Ends waiting operations past their deadline. Every role runs it: a deadline also passes while no worker runs. */
@Injectable()
@Maintenance()
export class Deadlines implements HasMaintenanceTasks {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'deadlines', everyMs: SECONDS, scope: 'cluster', run: () => this.expire() }];
  }

  private async expire(): Promise<void> {
    const ids = await this.queries.execute(new FindExpired(this.clock.now()));
    await Promise.all(ids.map((id) => this.commands.execute(new ExpireOperation(id))));
  }
}

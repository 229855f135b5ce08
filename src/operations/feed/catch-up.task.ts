import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetVersions } from '../queries/get-versions.query.js';
import { OperationFeed } from './operation-feed.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { SECONDS } from '../../time/durations.js';

/** With the time that it takes, a lost notice delays its event by at most two seconds. */
const EVERY_MS = 1.5 * SECONDS;

/**
 * Reads the versions of the operations followed in this process every few seconds and notifies their followers,
 * bypassing the transport, which may be broken: a lost notice only delays its event.
 */
@Injectable()
@Maintenance()
export class CatchUp implements HasMaintenanceTasks {
  constructor(
    private readonly feed: OperationFeed,
    private readonly queries: QueryBus,
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'catch-up', everyMs: EVERY_MS, scope: 'node', run: () => this.look() }];
  }

  private async look(): Promise<void> {
    const { watched } = this.feed;
    if (watched.length === 0) return;
    for (const notice of await this.queries.execute(new GetVersions(watched))) this.feed.deliver(notice);
  }
}

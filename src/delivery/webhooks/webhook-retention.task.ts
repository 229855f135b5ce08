import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { DAYS, HOURS } from '../../time/durations.js';
import { DELETE_OLD, DELIVERED_TO } from './webhook.sql.js';

/** Also what waits for a disabled endpoint. */
const KEPT_FOR = 30 * DAYS;
const PAGE = 1000;

/** Deletes old deliveries, and those of deleted endpoints. */
@Injectable()
@Maintenance()
export class WebhookRetention implements HasMaintenanceTasks {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'webhook-retention', everyMs: 1 * HOURS, scope: 'cluster', run: (stop) => this.clean(stop) }];
  }

  private async clean(stop: AbortSignal): Promise<void> {
    const { rows } = await this.database.relaxed.query<{ endpointId: string }>(DELIVERED_TO);
    for (const { endpointId } of rows)
      for (let deleted = PAGE; deleted === PAGE && !stop.aborted;) {
        const values = [endpointId, this.clock.fromNow(-KEPT_FOR), PAGE];
        deleted = (await this.database.relaxed.query({ ...DELETE_OLD, values })).rowCount ?? 0;
      }
  }
}

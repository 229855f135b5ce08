import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { ProviderEventEntity } from './provider-event.entity.js';
import { FORGET_OLD, WAITING } from './provider-event.sql.js';
import { jobOf, ProviderEventQueue } from './provider-event-queue.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { DAYS } from '../../time/durations.js';

/** An event whose operation is still unknown then belongs to another system that shares the provider's account. */
const LOOKED_AT_FOR = 1 * DAYS;
/** Longer than any provider repeats an event (Stripe: three days, docs.stripe.com/webhooks#retries). */
const KEPT_FOR = 30 * DAYS;
const PAGE = 500;

type Waiting = Pick<ProviderEventEntity, 'provider' | 'id' | 'receivedAt'>;

/** Gives orphaned events a job, as the rescue does for operations, and deletes old events. */
@Injectable()
@Maintenance()
export class OrphanedProviderEvents implements HasMaintenanceTasks {
  constructor(
    private readonly database: Database,
    private readonly queue: ProviderEventQueue,
    private readonly clock: Clock,
    @Inject(CONFIG.maintenance) private readonly config: Config['maintenance'],
  ) {}

  tasks(): MaintenanceTask[] {
    return [
      {
        name: 'orphaned-provider-events',
        everyMs: this.config.intervalMs,
        scope: 'cluster',
        run: () => this.addJobs(),
      },
    ];
  }

  private async addJobs(): Promise<void> {
    const now = this.clock.now().getTime();
    const before = new Date(now - this.config.intervalMs);
    for (let after = new Date(now - LOOKED_AT_FOR); ;) {
      const values = [after, before, PAGE];
      const { rows: waiting } = await this.database.durable.query<Waiting>({ ...WAITING, values });
      const jobs = waiting.map(({ provider, id }) => jobOf({ provider, eventId: id }));
      const pending = await this.queue.pending(jobs.map(({ id }) => id));
      const missing = jobs.filter(({ id }) => !pending.has(id));
      if (missing.length > 0) await this.database.transaction((tx) => this.queue.enqueue(tx, missing));
      const last = waiting.at(-1)?.receivedAt ?? before;
      if (waiting.length < PAGE || last <= after) break;
      after = last;
    }
    await this.database.durable.query({ ...FORGET_OLD, values: [new Date(now - KEPT_FOR)] });
  }
}

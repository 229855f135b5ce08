import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { And, IsNull, LessThan, MoreThan, type Repository } from 'typeorm';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { ProviderEventEntity } from './provider-event.entity.js';
import { jobOf, ProviderEventQueue } from './provider-event-queue.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { DAYS } from '../../time/durations.js';

/** An event whose operation is still unknown then belongs to another system that shares the provider's account. */
const LOOKED_AT_FOR = 1 * DAYS;
/** Longer than any provider repeats an event (Stripe: three days, docs.stripe.com/webhooks#retries). */
const KEPT_FOR = 30 * DAYS;
const PAGE = 500;

/** Gives orphaned events a job, as the rescue does for operations, and deletes old events. */
@Injectable()
@Maintenance()
export class OrphanedProviderEvents implements HasMaintenanceTasks {
  constructor(
    @InjectRepository(ProviderEventEntity) private readonly events: Repository<ProviderEventEntity>,
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
      const waiting = await this.events.find({
        where: { handledAt: IsNull(), receivedAt: And(MoreThan(after), LessThan(before)) },
        order: { receivedAt: 'ASC' },
        take: PAGE,
      });
      const jobs = waiting.map(({ provider, id }) => jobOf({ provider, eventId: id }));
      const pending = await this.queue.pending(jobs.map(({ id }) => id));
      const missing = jobs.filter(({ id }) => !pending.has(id));
      if (missing.length > 0) await this.database.transaction((tx) => this.queue.enqueue(tx, missing));
      const last = waiting.at(-1)?.receivedAt ?? before;
      if (waiting.length < PAGE || last <= after) break;
      after = last;
    }
    await this.events.delete({ receivedAt: LessThan(new Date(now - KEPT_FOR)) });
  }
}

import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/database.js';
import { OPERATION_QUEUE } from './operation-queue.js';
import { PROVIDER_EVENT_QUEUE } from './provider-event-queue.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../maintenance/maintenance-task.js';

const SECOND = 1000;

/** BullMQ's own numbers for a job that is gone, or that sleeps no longer. */
const TOO_LATE = new Set([-1, -3]);

const SLEEPS = `SELECT id FROM bullmq.job WHERE queue = $1 AND state = 'delayed'`;

/**
 * Jobs that sleep until their time, by the wall clocks of BullMQ's workers: if those were set back, the jobs sleep on.
 * Expedites the jobs whose failure is dated in the future, and any others on request.
 */
@Injectable()
@Maintenance()
export class SleepingJobs implements HasMaintenanceTasks {
  /** The clock may also have been set back while no process was there. */
  private setBacksSeen = -1;

  constructor(
    @InjectQueue(OPERATION_QUEUE) private readonly operations: Queue,
    @InjectQueue(PROVIDER_EVENT_QUEUE) private readonly providerEvents: Queue,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'sleeping-jobs', everyMs: SECOND, scope: 'node', run: () => this.look() }];
  }

  /**
   * Runs now those of these operation jobs that still sleep until their first run; a failed job keeps its pause.
   * @returns how many.
   */
  async expedite(jobIds: readonly string[]): Promise<number> {
    return this.run(this.operations, `${SLEEPS} AND id = ANY($2::text[]) AND attempts_made = 0`, jobIds);
  }

  private async look(): Promise<void> {
    const { setBacks } = this.clock;
    if (setBacks === this.setBacksSeen) return;
    const failedInFuture = `${SLEEPS} AND attempts_made > 0 AND process_at_ms - delay_ms > $2`;
    for (const queue of [this.operations, this.providerEvents])
      await this.run(queue, failedInFuture, Date.now() + SECOND);
    this.setBacksSeen = setBacks;
  }

  private async run(queue: Queue, which: string, value: unknown): Promise<number> {
    const { rows } = await this.database.relaxed.query<{ id: string }>(which, [queue.name, value]);
    for (const { id } of rows)
      await (await queue.getJob(id))?.promote().catch((error: unknown) => {
        if (!TOO_LATE.has((error as { code?: number }).code ?? 0)) throw error;
      });
    return rows.length;
  }
}

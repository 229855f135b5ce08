import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { OperationQueue } from '../jobs/operation-queue.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { SECONDS } from '../../time/durations.js';
import { DUE, OF_THE_FUTURE, PAGE } from './overdue-jobs.sql.js';

/** A shared job runs up to 1,024 ms after its operations are due; beyond that it is overdue. */
const LATE = 1.5 * SECONDS;
const BEGINNING = new Date(0);

interface Sleeper {
  jobId: string;
  nextAttemptAt: Date;
}

/**
 * Operations are due by the database's clock, BullMQ's jobs by the wall clock: after that is set back, jobs sleep on.
 * This task runs them, checking a page of due operations every second.
 */
@Injectable()
@Maintenance()
export class Overdue implements HasMaintenanceTasks {
  private readonly logger = new Logger(Overdue.name);
  private after = BEGINNING;
  private setBacksSeen = -1;

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly queue: OperationQueue,
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'overdue', everyMs: SECONDS, scope: 'node', run: () => this.look() }];
  }

  private async look(): Promise<void> {
    const { setBacks } = this.clock;
    // Also at the start: the process that noticed the set-back may be gone.
    if (setBacks !== this.setBacksSeen) await this.expediteOfTheFuture();
    this.setBacksSeen = setBacks;
    // Pages on each time: operations that wait for a free worker must not hide sleeping ones behind them.
    const due = await this.read(DUE, this.after, this.clock.fromNow(-LATE));
    this.after = due.length < PAGE ? BEGINNING : (due.at(-1)?.nextAttemptAt ?? BEGINNING);
    await this.expedite(due);
  }

  private async expediteOfTheFuture(): Promise<void> {
    const then = this.clock.fromNow(SECONDS);
    for (let after = BEGINNING; ;) {
      const sleepers = await this.read(OF_THE_FUTURE, after, then);
      await this.expedite(sleepers);
      if (sleepers.length < PAGE) return;
      after = sleepers.at(-1)?.nextAttemptAt ?? then;
    }
  }

  private async read(statement: typeof DUE, after: Date, then: Date): Promise<Sleeper[]> {
    return (await this.database.durable.query<Sleeper>({ ...statement, values: [after, then] })).rows;
  }

  private async expedite(sleepers: readonly Sleeper[]): Promise<void> {
    if (sleepers.length === 0) return;
    const expedited = await this.queue.expedite([...new Set(sleepers.map(({ jobId }) => jobId))]);
    if (expedited > 0)
      this.logger.warn({ msg: 'jobs slept past their time and run now; the clocks differ', expedited });
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { Backlogged } from '../domain/operation-errors.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { SECONDS } from '../../time/durations.js';

const COUNTED_TO = 100_000;

/**
 * By the index on status and id, and by the database's clock. Measures the oldest operation beyond those that the
 * workers can claim at once: a few stuck ones are no backlog.
 */
const LOOK = {
  name: 'operation-backlog',
  text: `
SELECT count(*)::integer AS waiting, coalesce(max(age), 0) AS "oldestMs",
  coalesce(min(age) FILTER (WHERE place = $1 + 1), 0) AS "backlogMs"
FROM (
  SELECT greatest(0, extract(epoch FROM now() - created_at) * 1000)::float AS age, row_number() OVER (ORDER BY id)
    AS place
  FROM operation WHERE status = 'pending' ORDER BY id LIMIT ${COUNTED_TO}
) AS waiting`,
};

export interface Waiting {
  /** Operations that wait for a worker, counted up to 100,000. */
  waiting: number;
  /** How long the oldest one has waited, in milliseconds. */
  oldestMs: number;
  /** How long the oldest one beyond the first WORKER_CONCURRENCY has waited, in milliseconds. */
  backlogMs: number;
}

const NOTHING: Waiting = { waiting: 0, oldestMs: 0, backlogMs: 0 };

/** Measures the backlog every second, so that a service that falls behind refuses new operations. */
@Injectable()
@Maintenance()
export class Backlog implements HasMaintenanceTasks {
  latest: Waiting = NOTHING;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG.worker) private readonly config: Config['worker'],
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'backlog', everyMs: SECONDS, scope: 'node', run: () => this.measure() }];
  }

  /** @throws Backlogged if a new operation would wait longer than MAX_QUEUE_AGE_MS */
  refuseWhatWouldWaitTooLong(): void {
    const { maxQueueAgeMs: most } = this.config;
    if (most > 0 && this.latest.backlogMs > most) throw Backlogged.by(this.latest.backlogMs, most);
  }

  /** If the measurement fails, the service refuses nothing. */
  private async measure(): Promise<void> {
    this.latest = await this.look().catch((error: unknown) => {
      this.latest = NOTHING;
      throw error;
    });
  }

  private async look(): Promise<Waiting> {
    const { rows } = await this.database.durable.query<Waiting>({ ...LOOK, values: [this.config.concurrency] });
    return rows[0] ?? NOTHING;
  }
}

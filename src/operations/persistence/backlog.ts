import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { Backlogged } from '../domain/operation-errors.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { SECONDS } from '../../time/durations.js';

const COUNTED_TO = 100_000;

/**
 * By the index of status and id, and by the database's clock. The age that counts is that of the oldest operation that
 * no worker can claim at once: a few stuck ones, whatever the cause, are no backlog.
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
  /** How many operations wait for a worker, counted to 100,000. */
  waiting: number;
  /** For how long the oldest has waited. */
  oldestMs: number;
  /** How long the oldest with more than WORKER_CONCURRENCY before it has waited, in milliseconds. */
  backlogMs: number;
}

const NOTHING: Waiting = { waiting: 0, oldestMs: 0, backlogMs: 0 };

/**
 * Measures once a second what waits for a worker: a service that falls behind refuses new operations instead of taking
 * in ever more.
 */
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

  /** @throws Backlogged where what is started now would wait for longer than MAX_QUEUE_AGE_MS. */
  refuseWhatWouldWaitTooLong(): void {
    const { maxQueueAgeMs: most } = this.config;
    if (most > 0 && this.latest.backlogMs > most) throw Backlogged.by(this.latest.backlogMs, most);
  }

  /** If the backlog cannot be measured, the service refuses nothing. */
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

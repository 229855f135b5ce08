import { Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import { withTimeout } from '../time/with-timeout.js';
import { Database } from '../database/database.js';
import { whyUnavailable } from '../database/database-unavailable.js';
import { migrations } from '../database/migrations/migrations.js';
import { breakIn } from '../database/newer-tables.js';
import { OperationQueue } from '../operations/jobs/operation-queue.js';
import { QueueBackend } from '../queue/job-queue.js';
import { SECONDS } from '../time/durations.js';
import { GROW, MIGRATED, WRITE } from './readiness.sql.js';

const MIGRATIONS = migrations.map((migration) => new migration().name);

const PATIENCE_MS = 3 * SECONDS;
/** To look whether a table could grow writes a megabyte. While it could, there is no look sooner than this. */
const HAS_ROOM_FOR_MS = 10 * SECONDS;

export const healthDocument = z
  .object({
    status: z.enum(['ok', 'error']),
    checks: z.record(z.string(), z.object({ status: z.enum(['ok', 'error']), message: z.string().optional() })),
  })
  .meta({ id: 'Health' });

export type Health = z.output<typeof healthDocument>;
type Check = Health['checks'][string];

class TooLate extends Error {}
class OtherTables extends Error {}

/** Whether the process can work. Not @nestjs/terminus: docs/decisions/dependencies.md. */
@Injectable()
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  private underWay: Promise<Health> | undefined;
  private last: Health['status'] = 'ok';
  private readonly failing = new Set<string>();
  private hadRoomAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly queue: OperationQueue,
    private readonly backend: QueueBackend,
  ) {}

  /** Concurrent callers share one answer, so that they do not add load to a database in trouble. */
  check(): Promise<Health> {
    return (this.underWay ??= this.look().finally(() => (this.underWay = undefined)));
  }

  /** Checks the database's dependents only while the database answers: they fail with it. */
  private async look(): Promise<Health> {
    const database = await this.checked('database', () => this.write(), whyUnavailable);
    const checks: Health['checks'] = { database };
    if (database.status === 'ok') {
      const migrations = async () => {
        const { rows } = await this.database.durable.query<{ name: string }>(MIGRATED);
        const run = rows.map(({ name }) => name);
        if (MIGRATIONS.some((name) => !run.includes(name)))
          throw new OtherTables('Tables are not up to date: restart the service, which migrates at its start.');
        if (breakIn(run))
          throw new OtherTables('A newer version has changed the tables, and this one cannot work with them: stop it.');
      };
      checks['migrations'] = await this.checked('migrations', migrations, (error) =>
        error instanceof OtherTables ? error.message : whyUnavailable(error),
      );
      checks['queue'] = await this.checked(
        'queue',
        () => this.queue.counts(),
        () => 'The queue cannot be reached.',
      );
    }
    const isNeeded = (name: string) => name !== 'queue' || !this.backend.keepsJobsWhileAway;
    const status = Object.entries(checks).some(([name, check]) => check.status === 'error' && isNeeded(name))
      ? 'error'
      : 'ok';
    if (status !== this.last)
      this.logger[status === 'ok' ? 'log' : 'warn']({ msg: status === 'ok' ? 'ready again' : 'not ready', checks });
    this.last = status;
    return { status, checks };
  }

  private async write(): Promise<void> {
    await this.database.durable.query(WRITE);
    if (performance.now() - this.hadRoomAt < HAS_ROOM_FOR_MS) return;
    await this.database.durable.query(GROW);
    this.hadRoomAt = performance.now();
  }

  private async checked(
    name: string,
    work: () => Promise<unknown>,
    messageOf: (error: unknown) => string,
  ): Promise<Check> {
    try {
      await withTimeout(PATIENCE_MS, work(), () => new TooLate(`It has not answered within ${PATIENCE_MS / 1000} s.`));
      this.failing.delete(name);
      return { status: 'ok' };
    } catch (err) {
      if (!this.failing.has(name)) this.logger.warn({ msg: 'a check of readiness has failed', check: name, err });
      this.failing.add(name);
      return { status: 'error', message: err instanceof TooLate ? err.message : messageOf(err) };
    }
  }
}

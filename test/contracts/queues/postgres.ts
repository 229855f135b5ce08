import type { Clock } from '../../../src/clock/clock.js';
import { openPool } from '../../../src/database/connection.js';
import { servingAddresses } from '../../../src/database/roles/serving-logins.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { runJob, workerOptions, type WorkerSettings } from '../../../src/queue/bullmq.worker.js';
import type { JobHandler, QueueDefinition } from '../../../src/queue/job-queue.js';
import { PostgresBackend, PostgresWorker } from '../../../src/queue/postgres.backend.js';
import { SECONDS } from '../../../src/time/durations.js';
import { createDatabase } from '../../support/databases.js';
import type { QueueUnderTest } from '../queue.js';

const WALL_CLOCK = { now: () => new Date(), setBacks: 0 } as Clock;

/** A database for jobs and transactions. */
export async function postgresQueue(): Promise<QueueUnderTest> {
  const database = await createDatabase();
  // With the login that serves, which may not do what BullMQ does in its migrations.
  const { url: directUrl } = await servingAddresses({ url: database.url, directUrl: database.url });
  const pool = openPool(directUrl, { max: 5 });
  return {
    node: () => {
      const backend = new PostgresBackend(WALL_CLOCK, { directUrl, timeoutMs: 20 * SECONDS });
      const worker = <T>({ name }: QueueDefinition, handler: JobHandler<T>, settings: WorkerSettings) => {
        const options = { connection: backend.connection, ...workerOptions(settings) };
        const made = new PostgresWorker<T>(name, (job, token) => runJob(handler, job, token), options);
        return { start: () => made.start(handler), close: () => made.close() };
      };
      return { backend, worker, start: () => backend.onModuleInit(), stop: () => backend.stop() };
    },
    transaction: (work) => inTransaction(pool, work),
    loseWorkers: async (queue) => {
      const lose = `UPDATE bullmq.job SET lock_token = 'of a lost worker', locked_until_ms = 0 WHERE queue = $1
        AND state = 'active'`;
      const { rowCount } = await database.client.query(lose, [queue]);
      return rowCount ?? 0;
    },
    endConnections: async () => {
      await database.client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
          AND pid <> pg_backend_pid()`,
      );
    },
    remove: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

import type { Clock } from '../../../src/clock/clock.js';
import { openPool } from '../../../src/database/connection.js';
import type { Database } from '../../../src/database/database.js';
import { inTransaction } from '../../../src/database/transaction.js';
import { runJob, workerOptions, type WorkerSettings } from '../../../src/queue/bullmq.worker.js';
import type { JobHandler, QueueDefinition } from '../../../src/queue/job-queue.js';
import { RedisBackend, RedisWorker } from '../../../src/queue/redis.backend.js';
import { repeatedly } from '../../../src/time/repeatedly.js';
import { createDatabase } from '../../support/databases.js';
import { RedisOfTheTest } from '../../support/redis-of-the-test.js';
import type { QueueUnderTest } from '../queue.js';

const WALL_CLOCK = { now: () => new Date(), setBacks: 0 } as Clock;

/** A Redis for jobs, and a database for transactions and the outbox. */
export async function redisQueue(): Promise<QueueUnderTest & { redis: RedisOfTheTest }> {
  const [database, redis] = await Promise.all([createDatabase(), RedisOfTheTest.start()]);
  const pool = openPool(database.url, { max: 5 });
  return {
    redis,
    node: () => {
      const databases = { relaxed: pool } as unknown as Database;
      const backend = new RedisBackend(WALL_CLOCK, databases, { urls: [redis.url], isCluster: false });
      const stopped = new AbortController();
      const worker = <T>({ name }: QueueDefinition, handler: JobHandler<T>, settings: WorkerSettings) => {
        const options = { connection: backend.connection, ...workerOptions(settings) };
        const made = new RedisWorker<T>(name, (job, token) => runJob(handler, job, token), options);
        return { start: () => made.start(handler), close: () => made.close() };
      };
      return {
        backend,
        worker,
        start: async () => {
          await backend.onModuleInit();
          for (const { everyMs, run } of backend.tasks())
            repeatedly(
              everyMs,
              stopped.signal,
              () => run(stopped.signal),
              () => undefined,
            );
        },
        stop: async () => {
          stopped.abort();
          await backend.stop();
        },
      };
    },
    transaction: (work) => inTransaction(pool, work),
    loseWorkers: async (queue) => {
      const prefix = `{outcome}:${queue}`;
      const running = await redis.client.lrange(`${prefix}:active`, 0, -1);
      if (running.length > 0) await redis.client.del(running.map((id) => `${prefix}:${id}:lock`));
      return running.length;
    },
    endConnections: async () => {
      await redis.client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
    remove: async () => {
      await pool.end();
      await redis.remove();
      await database.drop();
    },
  };
}

// Plain BullMQ on Redis: one job per operation, run by a worker in this process. Only the job is stored.
import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { serve } from '../../floors/front.mjs';
import { openPool } from '../../floors/pool.mjs';
import { PROVIDER_SCHEMA, providerOn } from '../../floors/provider.mjs';
import { succeeded } from '../../floors/tables.mjs';
import { Endings, pending } from './endings.mjs';

/** The service's concurrency. */
const CONCURRENCY = 100;
const KEPT = 10_000;

const connect = () => new Redis({ path: process.env.REDIS_SOCKET, maxRetriesPerRequest: null });
const charge = providerOn(await openPool(PROVIDER_SCHEMA));
const endings = new Endings();
const queue = new Queue('operations', { connection: connect() });
const worker = new Worker(
  'operations',
  async ({ data: { accepted, input } }) => succeeded(accepted, await charge(accepted.id, input)),
  { connection: connect(), concurrency: CONCURRENCY },
);
worker.on('completed', (_, ending) => endings.arrived(ending));
worker.on('error', (error) => console.error(`BullMQ: ${error.message}`));
await worker.waitUntilReady();

serve({
  accept: async (kind, input) => {
    const accepted = pending(randomUUID(), kind);
    endings.expect(accepted.id);
    await queue.add(kind, { accepted, input }, { jobId: accepted.id, removeOnComplete: { count: KEPT } });
    return accepted;
  },
  run: endings.publish,
  find: async (id) => (await queue.getJob(id))?.returnvalue,
});

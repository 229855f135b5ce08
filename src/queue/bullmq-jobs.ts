import type { JobsOptions } from 'bullmq';
import type { NewJob, QueueDefinition } from './job-queue.js';
import { SECONDS } from '../time/durations.js';

/** BullMQ's error codes for a job that is gone (-1) or no longer delayed (-3). */
const TOO_LATE = new Set([-1, -3]);

/** BullMQ refuses larger ones. */
const LARGEST_PRIORITY = 2 ** 21 - 1;

/** A job as BullMQ takes it. */
export const asBullJob =
  ({ name, attempts, keepFailed }: QueueDefinition, now: Date) =>
  <T>({ id, data, runAt, priority }: NewJob<T>): { name: string; data: T; opts: JobsOptions } => ({
    name,
    data,
    opts: {
      jobId: id,
      attempts,
      backoff: { type: 'exponential', delay: 1 * SECONDS, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: keepFailed > 0 ? { count: keepFailed } : true,
      delay: runAt ? Math.max(0, runAt.getTime() - now.getTime()) : 0,
      ...(priority && { priority: Math.min(priority, LARGEST_PRIORITY) }),
    },
  });

/** Runs a delayed job now; no-op if it is gone or runs already. */
export async function promote(job: { promote(): Promise<void> } | undefined): Promise<void> {
  await job?.promote().catch((error: unknown) => {
    if (!TOO_LATE.has((error as { code?: number }).code ?? 0)) throw error;
  });
}

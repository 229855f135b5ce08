import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/database.js';
import { pendingJobs } from './pending-jobs.js';
import { logQueueErrors } from './queue-errors.js';

export const OPERATION_QUEUE = 'operations';

/** A job: the operations that it runs, side by side. */
export interface OperationJob {
  operationIds: string[];
}

export interface NewJob extends OperationJob {
  jobId: string;
  /** When it shall run; at once where not given. */
  runAt?: Date | undefined;
  /** Only new operations, never claimed yet: such a job gives way to due operations that are under way. */
  isNew?: true;
}

/** BullMQ takes the lowest first, and jobs without a priority (0) before all that have one. */
const PRIORITY_OF_NEW = 1;

/**
 * BullMQ runs a failed job again until its operations are handled; after the last attempt the rescue takes over.
 * Delays: 1, 2, 4 … s, each up to 50 % shorter.
 */
const KEPT_FAILURES = 1000;
const JOB_OPTIONS = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: { count: KEPT_FAILURES },
} as const;

/** BullMQ 6.7 takes 12.3 ms for `addBulk` even of one job, and 1.6 ms for `add` (medians of 30 on one connection). */
const WORTH_A_BULK = 8;

/**
 * The jobs that run operations. Called within `Database.transaction`, a job exists exactly if that transaction commits.
 */
@Injectable()
export class OperationQueue implements OnModuleInit {
  constructor(
    @InjectQueue(OPERATION_QUEUE) private readonly queue: Queue<OperationJob>,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    logQueueErrors(queue, new Logger(OperationQueue.name));
  }

  /** BullMQ keeps a first connection that failed, and fails with it for ever. */
  async onModuleInit(): Promise<void> {
    await this.queue.waitUntilReady();
  }

  async add(jobs: readonly NewJob[]): Promise<void> {
    const now = this.clock.now().getTime();
    const given = jobs.map(({ jobId, operationIds, runAt, isNew }) => ({
      name: 'execute',
      data: { operationIds },
      opts: {
        ...JOB_OPTIONS,
        jobId,
        delay: runAt ? Math.max(0, runAt.getTime() - now) : 0,
        ...(isNew && { priority: PRIORITY_OF_NEW }),
      },
    }));
    if (given.length >= WORTH_A_BULK) await this.queue.addBulk(given);
    else for (const { name, data, opts } of given) await this.queue.add(name, data, opts);
  }

  /** Whether its operations were unclaimed when it was added. */
  static isOfNew(job: Job<OperationJob>): boolean {
    return job.opts.priority === PRIORITY_OF_NEW;
  }

  /** Which of these jobs run or will still run. */
  pending(jobIds: readonly string[]): Promise<Set<string>> {
    return pendingJobs(this.database, OPERATION_QUEUE, jobIds);
  }

  /** @throws where the queue cannot be reached. */
  async counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type IQueueBackend, type Job as BullJob, WaitingError, Worker } from 'bullmq';
import { HandedBack, type Job, type JobHandler } from './job-queue.js';
import { logQueueErrors } from './queue-errors.js';
import { SECONDS } from '../time/durations.js';

/** A job whose workers were lost this often fails. */
const MOST_LOST_WORKERS = 10;

/** BullMQ takes the lowest first, and jobs without a priority (0) before all that have one. */
export const LOW_PRIORITY = 1;

export interface WorkerSettings {
  concurrency: number;
  /** A lost worker is noticed after this and two looks, each after a third of it. */
  lockMs: number;
}

/** BullMQ's options of a worker that waits to be started. */
export const workerOptions = ({ concurrency, lockMs }: WorkerSettings) => ({
  autorun: false,
  concurrency,
  lockDuration: lockMs,
  stalledInterval: Math.ceil(lockMs / 3),
  maxStalledCount: MOST_LOST_WORKERS,
  runRetryDelay: SECONDS,
});

/**
 * Runs jobs by BullMQ, on whichever backend. BullMQ asks for the next job again at once after any error but a refused
 * connection: while the database starts, is read-only or has no connection left, that is a hot loop. This worker waits
 * before it asks again.
 */
export class BullMqWorker<T, Connection> extends Worker<T, void, string, IQueueBackend, object, Connection> {
  private readonly logger = new Logger(BullMqWorker.name);

  async start(handler: JobHandler<T>): Promise<void> {
    logQueueErrors(this, this.logger);
    this.on('failed', (job, error) => {
      if (job) handler.failed(asJob(job), error, job.finishedOn !== undefined);
    });
    this.on('stalled', (jobId) =>
      this.logger.warn({ msg: 'a job whose worker was lost runs again', queue: this.name, jobId }),
    );
    await this.waitUntilReady();
    void this.run().catch((err: unknown) =>
      this.logger.error({ msg: 'the worker has stopped', queue: this.name, err }),
    );
  }

  protected override async moveToActive(token: string, name?: string) {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      if (!this.closing) await pause(SECONDS);
      throw error;
    }
  }
}

/** Runs a job of BullMQ by the port's rules. */
export async function runJob<T>(handler: JobHandler<T>, job: BullJob<T>, token: string | undefined): Promise<void> {
  try {
    await handler.run(asJob(job));
  } catch (error) {
    if (!(error instanceof HandedBack)) throw error;
    await job.moveToWait(token);
    throw new WaitingError();
  }
}

const asJob = <T>({ id = '', data, opts, attemptsMade }: BullJob<T>): Job<T> => ({
  id,
  data,
  failures: attemptsMade,
  ...(opts.priority === LOW_PRIORITY && { priority: 'low' }),
});

import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type IQueueBackend, type Job as BullJob, WaitingError, Worker } from 'bullmq';
import { HandedBack, type Job, type JobHandler } from './job-queue.js';
import { logQueueErrors } from './queue-errors.js';
import { SECONDS } from '../time/durations.js';

/** BullMQ fails a job whose workers were lost this often. */
const MOST_LOST_WORKERS = 10;

export interface WorkerSettings {
  concurrency: number;
  /** In milliseconds. BullMQ notices a lost worker after this and two checks, each a third of it apart. */
  lockMs: number;
}

/** `autorun: false`: `start` starts the worker. */
export const workerOptions = ({ concurrency, lockMs }: WorkerSettings) => ({
  autorun: false,
  concurrency,
  lockDuration: lockMs,
  stalledInterval: Math.ceil(lockMs / 3),
  maxStalledCount: MOST_LOST_WORKERS,
  runRetryDelay: SECONDS,
});

/**
 * Runs jobs with BullMQ on any backend. BullMQ asks for the next job at once after any error but a refused connection:
 * a hot loop while the database starts, is read-only or is out of connections. This worker pauses first.
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

/** Runs a BullMQ job by the rules of the port. */
export async function runJob<T>(handler: JobHandler<T>, job: BullJob<T>, token: string | undefined): Promise<void> {
  try {
    await handler.run(asJob(job));
  } catch (error) {
    if (!(error instanceof HandedBack)) throw error;
    await job.moveToWait(token);
    throw new WaitingError();
  }
}

const asJob = <T>({ id = '', data, attemptsMade }: BullJob<T>): Job<T> => ({ id, data, failures: attemptsMade });

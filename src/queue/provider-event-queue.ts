import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Database } from '../database/database.js';
import { pendingJobs } from './pending-jobs.js';
import { logQueueErrors } from './queue-errors.js';

export const PROVIDER_EVENT_QUEUE = 'provider-events';

/** A job: one event of a payment provider to handle. */
export interface ProviderEventJob {
  provider: string;
  eventId: string;
}

/**
 * BullMQ retries after 1, 2, 4 … s, each up to 50 % shorter: for five to nine hours. A failed job leaves its id free
 * for another.
 */
const JOB_OPTIONS = {
  attempts: 16,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: true,
} as const;

const jobIdOf = ({ provider, eventId }: ProviderEventJob) => `${provider} ${eventId}`.replaceAll(':', ' ');

/**
 * The jobs that handle the events of payment providers. Within `Database.transaction`, a job exists exactly if that
 * transaction commits.
 */
@Injectable()
export class ProviderEventQueue implements OnModuleInit {
  constructor(
    @InjectQueue(PROVIDER_EVENT_QUEUE) private readonly queue: Queue<ProviderEventJob>,
    private readonly database: Database,
  ) {
    logQueueErrors(queue, new Logger(ProviderEventQueue.name));
  }

  /** As `OperationQueue` does. */
  async onModuleInit(): Promise<void> {
    await this.queue.waitUntilReady();
  }

  /** The same event has one job, however often it is added. */
  async add(job: ProviderEventJob): Promise<void> {
    await this.queue.add('handle', job, { ...JOB_OPTIONS, jobId: jobIdOf(job) });
  }

  /** The events without a pending job. */
  async withoutJob(jobs: readonly ProviderEventJob[]): Promise<ProviderEventJob[]> {
    const pending = await pendingJobs(this.database, PROVIDER_EVENT_QUEUE, jobs.map(jobIdOf));
    return jobs.filter((job) => !pending.has(jobIdOf(job)));
  }
}

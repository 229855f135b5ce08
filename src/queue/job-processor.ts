import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { Job as BullJob } from 'bullmq';
import { type BullMqWorker, runJob, workerOptions, type WorkerSettings } from './bullmq.worker.js';
import type { Job, JobHandler, QueueDefinition } from './job-queue.js';

/** Decorates a JobProcessor. Its module applies it, since the settings come from the environment. */
export const ProcessesJobsOf = ({ name }: QueueDefinition, settings: WorkerSettings): ClassDecorator =>
  Processor(name, workerOptions(settings));

/**
 * A `@Processor()` of @nestjs/bullmq that keeps the rules of the port. Its worker starts once all modules are ready.
 */
export abstract class JobProcessor<T> extends WorkerHost implements JobHandler<T>, OnApplicationBootstrap {
  private started?: BullMqWorker<T, unknown>;

  /** @throws HandedBack */
  abstract run(job: Job<T>): Promise<void>;
  abstract failed(job: Job<T>, error: Error, isLast: boolean): void;

  override process(job: BullJob<T>, token?: string): Promise<void> {
    return runJob(this, job, token);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.started = this.worker as unknown as BullMqWorker<T, unknown>;
    await this.started.start(this);
  }

  /** Takes no more jobs, and waits for the running ones. No-op if the start failed. */
  async stop(): Promise<void> {
    await this.started?.close();
  }
}

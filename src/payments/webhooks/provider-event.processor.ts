import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Job, Worker } from 'bullmq';
import type { RunningConfig } from '../../config/config.js';
import { PROVIDER_EVENT_QUEUE, type ProviderEventJob } from '../../queue/provider-event-queue.js';
import { logQueueErrors } from '../../queue/queue-errors.js';
import { HandleProviderEvent, TooEarly } from './handle-provider-event.command.js';

const SECOND = 1000;
const AT_ONCE = 20;
/** A crashed worker's job runs again this often. */
const MOST_CRASHES = 10;

export const ProcessProviderEvents = ({ JOB_LOCK_MS }: Pick<RunningConfig, 'JOB_LOCK_MS'>) =>
  Processor(PROVIDER_EVENT_QUEUE, {
    autorun: false,
    concurrency: AT_ONCE,
    lockDuration: JOB_LOCK_MS,
    stalledInterval: Math.ceil(JOB_LOCK_MS / 3),
    maxStalledCount: MOST_CRASHES,
    runRetryDelay: SECOND,
  });

/** A job → a command. An event that comes too early fails its job, which BullMQ runs again later. */
export class ProviderEventProcessor extends WorkerHost implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ProviderEventProcessor.name);

  // Decorated only once the settings are known, so that its types do not say by themselves what it needs.
  /** None if the start failed before making one. */
  private running: Worker | undefined;

  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    this.running = this.worker;
    logQueueErrors(this.worker, this.logger);
    this.worker.on('failed', (job: Job<ProviderEventJob> | undefined, err) => this.tell(job, err));
    await this.worker.waitUntilReady();
    void this.worker.run().catch((err: unknown) => this.logger.error({ msg: 'the worker has stopped', err }));
  }

  override async process({ data: { provider, eventId } }: Job<ProviderEventJob>): Promise<void> {
    await this.commands.execute(new HandleProviderEvent(provider, eventId));
  }

  /** Before the connections close: running jobs end, or run again elsewhere. */
  async onModuleDestroy(): Promise<void> {
    await this.running?.close();
  }

  private tell(job: Job<ProviderEventJob> | undefined, err: Error): void {
    const isLast = job !== undefined && job.attemptsMade >= (job.opts.attempts ?? 1);
    const line = {
      msg: isLast ? 'an event of a provider was given up' : 'an event of a provider is looked at again',
      ...job?.data,
    };
    if (isLast) this.logger.error({ ...line, err });
    else if (err instanceof TooEarly) this.logger.debug({ ...line, reason: err.message });
    else this.logger.warn({ ...line, err });
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Config } from '../../config/config.js';
import { JobProcessor, ProcessesJobsOf } from '../../queue/job-processor.js';
import type { Job } from '../../queue/job-queue.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { HandleProviderEvent, TooEarly } from './handle-provider-event.command.js';
import { PROVIDER_EVENT_QUEUE, type ProviderEventJob } from './provider-event-queue.js';

const AT_ONCE = 20;

export const ProcessProviderEvents = ({ jobLockMs: lockMs }: Config['worker']) =>
  ProcessesJobsOf(PROVIDER_EVENT_QUEUE, { concurrency: AT_ONCE, lockMs });

/** Runs each job as a command. An event that comes too early fails its job, which the queue runs again. */
@Injectable()
@StopsIn('work')
export class ProviderEventProcessor extends JobProcessor<ProviderEventJob> {
  private readonly logger = new Logger(ProviderEventProcessor.name);

  constructor(private readonly commands: CommandBus) {
    super();
  }

  async run({ data: { provider, eventId } }: Job<ProviderEventJob>): Promise<void> {
    await this.commands.execute(new HandleProviderEvent(provider, eventId));
  }

  failed({ data }: Job<ProviderEventJob>, err: Error, isLast: boolean): void {
    const line = {
      msg: isLast ? 'an event of a provider was given up' : 'an event of a provider is looked at again',
      ...data,
    };
    if (isLast) this.logger.error({ ...line, err });
    else if (err instanceof TooEarly) this.logger.debug({ ...line, reason: err.message });
    else this.logger.warn({ ...line, err });
  }
}

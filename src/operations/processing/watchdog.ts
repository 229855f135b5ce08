import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { repeatedly } from '../../clock/repeatedly.js';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { ExpireOperation } from '../commands/expire-operation.command.js';
import { ResumeOperations } from '../commands/resume-operations.command.js';
import { FindExpired } from '../queries/find-expired.query.js';

const SECOND = 1000;

/**
 * Nobody is forgotten. Whatever loses a job (a crash, an emptied queue, a bug), its operation is found by this and given
 * another. And what waits past its deadline is ended.
 */
@Injectable()
export class Watchdog implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Watchdog.name);
  private readonly stop = new AbortController();

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    @Inject(CONFIG) private readonly config: RunningConfig,
  ) {}

  onApplicationBootstrap(): void {
    const tell = (err: unknown) => this.logger.warn({ msg: 'the watchdog could not look', err });
    repeatedly(SECOND, this.stop.signal, () => this.expire(), tell);
    repeatedly(this.config.WATCHDOG_MS, this.stop.signal, () => this.resume(), tell);
  }

  onApplicationShutdown(): void {
    this.stop.abort();
  }

  private async expire(): Promise<void> {
    const ids = await this.queries.execute(new FindExpired(new Date()));
    await Promise.all(ids.map((id) => this.commands.execute(new ExpireOperation(id))));
  }

  private async resume(): Promise<void> {
    const resumed = await this.commands.execute(new ResumeOperations(new Date(Date.now() - this.config.WATCHDOG_MS)));
    if (resumed.length > 0) this.logger.warn({ msg: 'operations without a job were given one', operationIds: resumed });
  }
}

import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { repeatedly } from '../../clock/repeatedly.js';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { RescueOperations } from '../commands/rescue-operations.command.js';

/**
 * Nobody is orphaned. Whatever loses a job (a crash, an emptied queue, a bug), its operation is found by this and given
 * another.
 */
@Injectable()
export class OrphanRescue implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(OrphanRescue.name);
  private readonly stop = new AbortController();

  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: RunningConfig,
  ) {}

  onApplicationBootstrap(): void {
    repeatedly(
      this.config.WATCHDOG_MS,
      this.stop.signal,
      () => this.resume(),
      (err) => this.logger.warn({ msg: 'orphaned operations could not be looked for', err }),
    );
  }

  onModuleDestroy(): void {
    this.stop.abort();
  }

  private async resume(): Promise<void> {
    const resumed = await this.commands.execute(new RescueOperations(this.clock.fromNow(-this.config.WATCHDOG_MS)));
    if (resumed.length > 0) this.logger.warn({ msg: 'operations without a job were given one', operationIds: resumed });
  }
}

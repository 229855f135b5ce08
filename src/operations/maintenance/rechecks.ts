import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { repeatedly } from '../../clock/repeatedly.js';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { RecheckEndings } from '../commands/recheck-endings.command.js';

/**
 * No ending without success is believed for ever: after RECHECK_AFTER_MS it is held once more against what is true
 * elsewhere.
 */
@Injectable()
export class Rechecks implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Rechecks.name);
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
      () => this.commands.execute(new RecheckEndings(this.clock.now())),
      (err) => this.logger.warn({ msg: 'endings could not be checked', err }),
    );
  }

  onModuleDestroy(): void {
    this.stop.abort();
  }
}

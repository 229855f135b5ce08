import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { repeatedly } from '../../clock/repeatedly.js';
import { ExpireOperation } from '../commands/expire-operation.command.js';
import { FindExpired } from '../queries/find-expired.query.js';

const SECOND = 1000;

/**
 * Ends what waits past its deadline. Every process looks, whatever its roles: a deadline passes also while no worker is
 * there.
 */
@Injectable()
export class Deadlines implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Deadlines.name);
  private readonly stop = new AbortController();

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    repeatedly(
      SECOND,
      this.stop.signal,
      () => this.expire(),
      (err) => this.logger.warn({ msg: 'deadlines could not be looked at', err }),
    );
  }

  onModuleDestroy(): void {
    this.stop.abort();
  }

  private async expire(): Promise<void> {
    const ids = await this.queries.execute(new FindExpired(this.clock.now()));
    await Promise.all(ids.map((id) => this.commands.execute(new ExpireOperation(id))));
  }
}

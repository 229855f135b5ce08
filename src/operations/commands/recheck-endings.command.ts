import { Inject, Logger } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CONFIG, type Config } from '../../config/config.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { ReconcileOperation } from './reconcile-operation.command.js';

const AT_ONCE = 50;

/**
 * Asks the provider again, some time after the end, about operations that ended without success: an abandoned request
 * may have arrived after all. If the provider cannot tell, the service asks again after the same delay, and from
 * ATTENTION_AFTER_MS on asks for an operator's attention.
 */
export class RecheckEndings extends Command<void> {
  constructor(readonly now: Date) {
    super();
  }
}

@CommandHandler(RecheckEndings)
export class RecheckEndingsHandler implements ICommandHandler<RecheckEndings> {
  private readonly logger = new Logger(RecheckEndings.name);

  constructor(
    private readonly operations: OperationRepository,
    private readonly commands: CommandBus,
    @Inject(CONFIG.retries) private readonly config: Config['retries'],
  ) {}

  async execute({ now }: RecheckEndings): Promise<void> {
    const then = new Date(now.getTime() - this.config.recheckAfterMs);
    let taken;
    do {
      taken = await this.operations.takeUnconfirmed(then, now, AT_ONCE);
      await Promise.all(taken.map(({ id, finishedAt }) => this.recheck(id, finishedAt, now)));
    } while (taken.length === AT_ONCE);
  }

  /** Never throws: one failure must not delay the others. */
  private async recheck(operationId: string, finishedAt: Date, now: Date): Promise<void> {
    try {
      if ((await this.commands.execute(new ReconcileOperation(operationId))) !== 'not_yet')
        return await this.operations.confirm(operationId);
    } catch (err) {
      this.logger.warn({ msg: 'an ending could not be checked', operationId, err });
    }
    if (now.getTime() - finishedAt.getTime() < this.config.attentionAfterMs) return;
    this.logger.error({ msg: 'an ending was never confirmed: a person must look', operationId });
    await this.operations.confirm(operationId, now);
  }
}

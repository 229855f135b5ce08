import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { KindRegister } from '../kinds/kind-register.js';
import { OperationRepository } from '../persistence/operation.repository.js';

/**
 * Ends an operation whose deadline has passed before it took effect. No-op if it has moved on, or if a worker must
 * first cancel at the provider.
 */
export class ExpireOperation extends Command<void> {
  constructor(readonly operationId: string) {
    super();
  }
}

@CommandHandler(ExpireOperation)
export class ExpireOperationHandler implements ICommandHandler<ExpireOperation> {
  constructor(
    private readonly operations: OperationRepository,
    private readonly kinds: KindRegister,
    private readonly clock: Clock,
  ) {}

  async execute({ operationId }: ExpireOperation): Promise<void> {
    await this.operations.updateById(operationId, (operation) => {
      const now = this.clock.now();
      if (operation.hasPassedItsDeadline(now) && !this.kinds.mustCancelAtProvider(operation)) operation.expire(now);
    });
  }
}

import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { OperationRef } from '../domain/operation.js';
import { OperationRepository } from '../persistence/operation.repository.js';

/** Ends the watch tokens that an operation has until now, and what is followed with them. @throws OperationNotFound */
export class RevokeWatchTokens extends Command<void> {
  constructor(readonly ref: OperationRef) {
    super();
  }
}

@CommandHandler(RevokeWatchTokens)
export class RevokeWatchTokensHandler implements ICommandHandler<RevokeWatchTokens> {
  constructor(private readonly operations: OperationRepository) {}

  execute({ ref }: RevokeWatchTokens): Promise<void> {
    return this.operations.revokeWatchTokens(ref);
  }
}

import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { OperationRecord } from '../domain/operation.js';
import { OperationAlreadyEnded, StaleOperation } from '../domain/refusals.js';
import { OperationRepository } from '../persistence/operation.repository.js';

const TRIES = 5;

/**
 * Asks to call an operation off. Where nobody is at it, it is canceled at once. Where a worker is, the request is noted,
 * and heeded if the work turns out to have had no effect; if it had, the provider's answer wins.
 * @throws OperationNotFound, OperationAlreadyEnded
 */
export class CancelOperation extends Command<Readonly<OperationRecord>> {
  constructor(readonly operationId: string) {
    super();
  }
}

@CommandHandler(CancelOperation)
export class CancelOperationHandler implements ICommandHandler<CancelOperation> {
  constructor(private readonly operations: OperationRepository) {}

  async execute({ operationId }: CancelOperation): Promise<Readonly<OperationRecord>> {
    for (let tries = 1; ; tries += 1) {
      const operation = await this.operations.get(operationId);
      const { status } = operation;
      if (operation.done) throw OperationAlreadyEnded.withId(operationId, status);
      const now = new Date();
      if (!operation.isIdle) {
        if (await this.operations.requestCancel(operationId, now)) return operation.current;
        continue;
      }
      try {
        operation.cancel(now);
        await this.operations.save(operation);
        return operation.current;
      } catch (error) {
        if (!(error instanceof StaleOperation) || tries === TRIES) throw error;
      }
    }
  }
}

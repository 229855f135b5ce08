import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import type { OperationRecord, OperationRef } from '../domain/operation.js';
import { OperationAlreadyEnded, TransitionNotAllowed } from '../domain/operation-errors.js';
import { KindRegister } from '../kinds/kind-register.js';
import { JobReassignment } from '../persistence/job-reassignment.js';
import { OperationRepository } from '../persistence/operation.repository.js';

/**
 * A client cancels an operation. If no worker has claimed it, it is canceled at once. If a worker has, or the customer
 * may still act at the provider, the service records the request and applies it if the work had no effect; if it had
 * one, the provider's answer wins.
 * @throws OperationNotFound, OperationAlreadyEnded, TransitionNotAllowed for an internal operation
 */
export class CancelOperation extends Command<Readonly<OperationRecord>> {
  constructor(readonly ref: OperationRef) {
    super();
  }
}

@CommandHandler(CancelOperation)
export class CancelOperationHandler implements ICommandHandler<CancelOperation> {
  constructor(
    private readonly operations: OperationRepository,
    private readonly jobs: JobReassignment,
    private readonly kinds: KindRegister,
    private readonly clock: Clock,
  ) {}

  async execute({ ref }: CancelOperation): Promise<Readonly<OperationRecord>> {
    const operation = await this.operations.update(ref, async (operation) => {
      if (operation.done) throw OperationAlreadyEnded.withId(ref.id, operation.status);
      // Clients cannot cancel internal operations, such as reversals.
      if (this.kinds.find(operation.current.kind)?.internal)
        throw TransitionNotAllowed.of(ref.id, operation.status, 'canceled by a client');
      const now = this.clock.now();
      if (operation.isIdle && !this.kinds.mustCancelAtProvider(operation)) return operation.cancel(now);
      await this.operations.requestCancel(operation, now);
      await this.jobs.expedite(ref.id, now);
    });
    return operation.current;
  }
}

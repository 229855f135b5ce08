import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { parseJson } from '../../validation/parse-json.js';
import { offencesOf } from '../domain/offences.js';
import type { Operation, OperationRecord } from '../domain/operation.js';
import { InvalidInput, OperationAlreadyEnded, SettlementNotVerified, StaleOperation } from '../domain/refusals.js';
import { KindRegister } from '../kinds/kind-register.js';
import { storedInput } from '../kinds/stored-input.js';
import { OperationRepository } from '../persistence/operation.repository.js';

const TRIES = 5;

export interface Settlement {
  /** Who has looked. */
  by: string;
  /** How they know. */
  reason: string;
  /** Also where what they have found cannot be verified now. */
  force?: boolean | undefined;
  /** What they have found. Left out for an operation that has ended: its ending stays, and is off the list of those that need attention. */
  outcome?: { status: 'success'; result: unknown } | { status: 'failed' } | undefined;
}

/**
 * A person settles what the service cannot: how an operation ended whose outcome is unknown, or that what an ending has left
 * undone is seen to.
 * @throws OperationNotFound, TransitionNotAllowed, OperationAlreadyEnded, NothingToReview, InvalidInput, SettlementNotVerified
 */
export class SettleOperation extends Command<Readonly<OperationRecord>> {
  constructor(
    readonly operationId: string,
    readonly settlement: Settlement,
  ) {
    super();
  }
}

@CommandHandler(SettleOperation)
export class SettleOperationHandler implements ICommandHandler<SettleOperation> {
  constructor(
    private readonly operations: OperationRepository,
    private readonly kinds: KindRegister,
  ) {}

  async execute({ operationId, settlement }: SettleOperation): Promise<Readonly<OperationRecord>> {
    for (let tries = 1; ; tries += 1) {
      const operation = await this.operations.get(operationId);
      try {
        await this.settle(operation, settlement);
        await this.operations.save(operation);
        return operation.current;
      } catch (error) {
        if (!(error instanceof StaleOperation) || tries === TRIES) throw error;
      }
    }
  }

  private async settle(operation: Operation, { by, reason, outcome, force = false }: Settlement): Promise<void> {
    const now = new Date();
    const detail = { settledBy: by, reason };
    if (!outcome) return operation.done ? operation.review(detail, now) : refuseWithoutOutcome();
    if (operation.done) throw OperationAlreadyEnded.withId(operation.id, operation.status);
    if (outcome.status === 'failed') {
      operation.takeOver();
      const failure = { code: 'settled_by_hand', message: 'It was found out by hand that it has had no effect.', retryable: true };
      return operation.fail(failure, now, { detail });
    }
    const { id: operationId, current } = operation;
    const kind = this.kinds.get(current.kind);
    const parsed = parseJson(kind.result, outcome.result);
    if (!parsed.success) throw InvalidInput.because(offencesOf(parsed.error.issues, ['outcome', 'result']));
    const settlement = { operationId, input: storedInput(kind, current.input), result: parsed.data as never };
    const verification = await kind.handler.expectSettlement?.(settlement);
    const isForced = verification?.type === 'unverified';
    if (isForced && !force) throw SettlementNotVerified.of(operationId, verification.reason);
    // Before anything is kept of it, lest the worker that is at it finds that and ends it instead.
    operation.takeOver();
    await this.operations.save(operation);
    await kind.handler.settled?.(settlement);
    if (operation.status === 'requires_action') operation.resume(now);
    operation.succeed(parsed.data, now, isForced ? { ...detail, forced: true } : detail);
  }
}

function refuseWithoutOutcome(): never {
  const message = 'expected what was found: {status: "success", result} or {status: "failed"}';
  throw InvalidInput.because([{ path: 'outcome', message }]);
}

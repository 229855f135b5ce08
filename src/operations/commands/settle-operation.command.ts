import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { parseJson } from '../../validation/parse-json.js';
import { offencesOf } from '../domain/offences.js';
import type { Operation, OperationRecord } from '../domain/operation.js';
import { InvalidInput, OperationAlreadyEnded, SettlementNotVerified, StaleOperation } from '../domain/refusals.js';
import { KindRegister, type RegisteredKind } from '../kinds/kind-register.js';
import type { Verification } from '../kinds/operation-kind.js';
import { storedInput } from '../kinds/stored-input.js';
import { unknown } from '../kinds/outcome.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { inquiryNow } from './inquiry-now.js';

const TRIES = 5;
const VERIFIED: Verification = { type: 'verified' };

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
    private readonly clock: Clock,
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
    const now = this.clock.now();
    const detail = { settledBy: by, reason };
    if (!outcome) return operation.done ? operation.review(detail, now) : refuseWithoutOutcome();
    if (operation.done) throw OperationAlreadyEnded.withId(operation.id, operation.status);
    operation.expectSettleable();
    const { id: operationId, current } = operation;
    const kind = this.kinds.get(current.kind);
    if (outcome.status === 'failed') {
      const isForced = isByForceAlone(operationId, await failureVerified(operation, kind), force);
      operation.takeOver();
      const failure = { code: 'settled_by_hand', message: 'It was found out by hand that it has had no effect.', retryable: true };
      return operation.fail(failure, this.clock.now(), { detail: isForced ? { ...detail, forced: true } : detail });
    }
    const parsed = parseJson(kind.result, outcome.result);
    if (!parsed.success) throw InvalidInput.because(offencesOf(parsed.error.issues, ['outcome', 'result']));
    const settlement = { operationId, input: storedInput(kind, current.input), result: parsed.data as never };
    const isForced = isByForceAlone(operationId, await kind.handler.expectSettlement?.(settlement), force);
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

/** @returns whether it is settled by force only. @throws SettlementNotVerified */
function isByForceAlone(operationId: string, verification: Verification = VERIFIED, force: boolean): boolean {
  if (verification.type === 'verified') return false;
  if (!force) throw SettlementNotVerified.of(operationId, verification.reason);
  return true;
}

/** That it has had no effect, by what is said elsewhere now. @throws InvalidInput where it has had one */
async function failureVerified(operation: Operation, kind: RegisteredKind): Promise<Verification> {
  if (!kind.handler.lookUp) return VERIFIED;
  const { inquiry, tooLate } = inquiryNow(operation, kind);
  const unreachable = (error: unknown) => unknown(error instanceof Error ? error.message : String(error));
  const found = await Promise.race([kind.handler.lookUp(inquiry).catch(unreachable), tooLate]);
  switch (found.type) {
    case 'failed':
    case 'never_arrived':
      return VERIFIED;
    case 'succeeded': {
      const message = `expected success: it has taken effect elsewhere, with the result ${JSON.stringify(found.result)}`;
      throw InvalidInput.because([{ path: 'outcome.status', message }]);
    }
    case 'action_required':
      return { type: 'unverified', reason: 'it waits for the customer, who may act still' };
    case 'pending':
      return { type: 'unverified', reason: found.reason };
    case 'unknown':
      return { type: 'unverified', reason: found.unexplained ?? found.reason };
  }
}

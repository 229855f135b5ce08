import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { parseJson } from '../../validation/parse-json.js';
import { fieldViolationsOf } from '../../errors/field-violation.js';
import type { Operation, OperationRecord } from '../domain/operation.js';
import { InvalidInput } from '../../errors/invalid-input.js';
import { OperationAlreadyEnded, ResolutionNotVerified, StaleOperation } from '../domain/operation-errors.js';
import { KindRegister, type RegisteredKind } from '../kinds/kind-register.js';
import type { Verification } from '../kinds/operation-kind.js';
import { storedInput } from '../kinds/stored-input.js';
import { unknown } from '../kinds/outcome.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { inquiryNow } from './inquiry-now.js';

const TRIES = 5;
const VERIFIED: Verification = { type: 'verified' };

export interface Resolution {
  /** Who has looked. */
  by: string;
  /** How they know. */
  reason: string;
  /** Also where what they have found cannot be verified now. */
  force?: boolean | undefined;
  /**
   * What they have found. Left out for an operation that has ended: its ending stays, and is off the list of those that
   * need attention.
   */
  outcome?: { status: 'success'; result: unknown } | { status: 'failed' } | undefined;
}

/**
 * An operator resolves what the service cannot: how an operation ended whose outcome is unknown, or that what an ending
 * has left undone is seen to.
 * @throws OperationNotFound, TransitionNotAllowed, OperationAlreadyEnded, NothingToReview, InvalidInput,
 * ResolutionNotVerified
 */
export class ResolveOperation extends Command<Readonly<OperationRecord>> {
  constructor(
    readonly operationId: string,
    readonly resolution: Resolution,
  ) {
    super();
  }
}

@CommandHandler(ResolveOperation)
export class ResolveOperationHandler implements ICommandHandler<ResolveOperation> {
  constructor(
    private readonly operations: OperationRepository,
    private readonly kinds: KindRegister,
    private readonly clock: Clock,
  ) {}

  async execute({ operationId, resolution }: ResolveOperation): Promise<Readonly<OperationRecord>> {
    for (let tries = 1; ; tries += 1) {
      const operation = await this.operations.get(operationId);
      try {
        await this.resolve(operation, resolution);
        await this.operations.save(operation);
        return operation.current;
      } catch (error) {
        if (!(error instanceof StaleOperation) || tries === TRIES) throw error;
      }
    }
  }

  private async resolve(operation: Operation, { by, reason, outcome, force = false }: Resolution): Promise<void> {
    const now = this.clock.now();
    const detail = { resolvedBy: by, reason };
    if (!outcome) return operation.done ? operation.review(detail, now) : refuseWithoutOutcome();
    if (operation.done) throw OperationAlreadyEnded.withId(operation.id, operation.status);
    operation.expectResolvable();
    const { id: operationId, current } = operation;
    const kind = this.kinds.get(current.kind);
    if (outcome.status === 'failed') {
      const isForced = isByForceAlone(operationId, await failureVerified(operation, kind), force);
      operation.takeOver();
      const failure = {
        code: 'resolved_by_operator',
        message: 'It was found out by hand that it has had no effect.',
        retryable: true,
      };
      return operation.fail(failure, this.clock.now(), { detail: isForced ? { ...detail, forced: true } : detail });
    }
    const parsed = parseJson(kind.result, outcome.result);
    if (!parsed.success) throw InvalidInput.because(fieldViolationsOf(parsed.error.issues, ['outcome', 'result']));
    const resolution = { operationId, input: storedInput(kind, current.input), result: parsed.data as never };
    const isForced = isByForceAlone(operationId, await kind.handler.checkResolution?.(resolution), force);
    // Before anything is kept of it, lest the worker that is at it finds that and ends it instead.
    operation.takeOver();
    await this.operations.save(operation);
    await kind.handler.resolved?.(resolution);
    if (operation.status === 'requires_action') operation.resume(now);
    operation.succeed(parsed.data, now, isForced ? { ...detail, forced: true } : detail);
  }
}

function refuseWithoutOutcome(): never {
  const message = 'expected what was found: {status: "success", result} or {status: "failed"}';
  throw InvalidInput.because([{ path: 'outcome', message }]);
}

/** @returns whether it is settled by force only. @throws ResolutionNotVerified */
function isByForceAlone(operationId: string, verification: Verification = VERIFIED, force: boolean): boolean {
  if (verification.type === 'verified') return false;
  if (!force) throw ResolutionNotVerified.of(operationId, verification.reason);
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

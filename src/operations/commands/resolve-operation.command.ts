import { isDeepStrictEqual } from 'node:util';
import { Inject, Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { validated } from '../../validation/validated.js';
import type { Json } from '../domain/operation-events.js';
import type {
  Operation,
  OperationRecord,
  OperationRef,
  ProposedResolution,
  ResolvedOutcome,
} from '../domain/operation.js';
import { InvalidInput } from '../../errors/invalid-input.js';
import { ResolutionNotVerified, SecondPersonNeeded, StaleOperation } from '../domain/operation-errors.js';
import { KindRegister, type RegisteredKind } from '../kinds/kind-register.js';
import type { Verification } from '../kinds/operation-kind.js';
import { storedInput } from '../kinds/stored-input.js';
import { unknown } from '../kinds/outcome.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { inquiryNow } from './provider-inquiry.js';
import { HOURS, SECONDS } from '../../time/durations.js';

/** The service stores a verified outcome within this time. */
const TO_STORE_MS = 30 * SECONDS;
const PROPOSED_FOR_MS = 24 * HOURS;
type Stated = Omit<ProposedResolution, 'at'>;

const VERIFIED: Verification = { type: 'verified' };

/** Who sends it. */
export interface Resolver {
  /** Who answers for the credentials. */
  owner: string;
}

export interface Resolution {
  /** The operator. */
  by: string;
  /** How the operator knows. */
  reason: string;
  /** Resolves it even if the outcome cannot be verified now. */
  force?: boolean | undefined;
  /**
   * Omitted for an operation that has ended: its ending stays, and the operation leaves the list of those that need
   * attention.
   */
  outcome?: ResolvedOutcome | undefined;
}

/**
 * An operator resolves what the service cannot: states how an operation with an unknown outcome ended, or that the work
 * left open by an ending is done.
 * @throws OperationNotFound, TransitionNotAllowed, OperationAlreadyEnded, NothingToReview, InvalidInput,
 * ResolutionNotVerified, SecondPersonNeeded, StaleOperation if another operator resolves it too: the last one to begin
 * wins
 */
export class ResolveOperation extends Command<Readonly<OperationRecord>> {
  constructor(
    readonly ref: OperationRef,
    readonly resolution: Resolution,
    readonly resolver: Resolver,
  ) {
    super();
  }
}

@CommandHandler(ResolveOperation)
export class ResolveOperationHandler implements ICommandHandler<ResolveOperation> {
  private readonly logger = new Logger(ResolveOperation.name);

  constructor(
    private readonly operations: OperationRepository,
    private readonly kinds: KindRegister,
    private readonly clock: Clock,
    @Inject(CONFIG.access) private readonly access: Pick<Config['access'], 'resolveAloneUpTo'>,
  ) {}

  async execute({ ref, resolution, resolver }: ResolveOperation): Promise<Readonly<OperationRecord>> {
    const { by, reason, outcome, force = false } = resolution;
    const detail = { resolvedBy: by, reason };
    const operation = outcome
      ? await this.resolve(ref, { outcome, by, reason, owner: resolver.owner }, detail, force)
      : await this.operations.update(ref, (ended) =>
          ended.done ? ended.review(detail, this.clock.now()) : refuseWithoutOutcome(),
        );
    return operation.current;
  }

  /**
   * The service claims the operation before it asks the provider, so that no worker can write or send anything that the
   * answer omits.
   */
  private async resolve(ref: OperationRef, stated: Stated, detail: Json, force: boolean): Promise<Operation> {
    const { outcome } = stated;
    const before = await this.operations.get(ref);
    before.expectResolvable();
    const kind = this.kinds.get(before.current.kind);
    const result = outcome.status === 'success' ? resultOf(kind, outcome.result) : undefined;
    const proposed = await this.agreedBefore(before, kind, stated);
    if (proposed) detail = { ...detail, proposedBy: proposed.by };
    // This job continues the operation if the process dies; otherwise it finds an ended operation.
    const lease = this.clock.fromNow(kind.timeLimitMs + TO_STORE_MS);
    const operation = await this.operations.update(ref, (taken) => taken.takeOver(), lease);
    try {
      await (result ? this.succeed(operation, kind, result, detail, force) : this.fail(operation, kind, detail, force));
    } catch (error) {
      if (kind.handler.lookUp) await this.handBack(operation);
      throw error;
    }
    await this.operations.save(operation);
    return operation;
  }

  /**
   * Above the limit, a second person must state the same outcome. @returns what the first one has stated
   * @throws SecondPersonNeeded after it has kept what this one states
   */
  private async agreedBefore(
    operation: Operation,
    kind: RegisteredKind,
    stated: Stated,
  ): Promise<ProposedResolution | undefined> {
    const stake = kind.handler.stake?.(storedInput(kind, operation.current.input)) ?? 0;
    if (stake <= this.access.resolveAloneUpTo) return undefined;
    const { proposedResolution: proposed } = operation.current;
    const now = this.clock.now();
    const isCurrent = proposed && Date.parse(proposed.at) > now.getTime() - PROPOSED_FOR_MS;
    if (isCurrent && proposed.owner !== stated.owner && isDeepStrictEqual(proposed.outcome, stated.outcome))
      return proposed;
    await this.operations.proposeResolution(operation, { ...stated, at: now.toISOString() });
    throw SecondPersonNeeded.after(operation.id, stated.by, PROPOSED_FOR_MS / HOURS);
  }

  private async succeed(
    operation: Operation,
    kind: RegisteredKind,
    result: Json,
    detail: Json,
    force: boolean,
  ): Promise<void> {
    const { inquiry, inTime } = inquiryNow(operation.current, kind);
    const resolution = { ...inquiry, result: result as never };
    const checked = await inTime(kind.handler.checkResolution?.(resolution) ?? Promise.resolve(VERIFIED));
    const verification: Verification =
      checked.type === 'unknown' ? { type: 'unverified', reason: checked.reason } : checked;
    const isForced = isByForceAlone(operation.id, verification, force);
    await kind.handler.resolved?.(resolution);
    const now = this.clock.now();
    if (operation.status === 'requires_action') operation.resume(now);
    operation.succeed(result, now, isForced ? { ...detail, forced: true } : detail);
  }

  private async fail(operation: Operation, kind: RegisteredKind, detail: Json, force: boolean): Promise<void> {
    const isForced = isByForceAlone(operation.id, await this.failureVerified(operation, kind), force);
    const failure = {
      code: 'resolved_by_operator',
      message: 'It was found out by hand that it has had no effect.',
      retryable: true,
    };
    operation.fail(failure, this.clock.now(), { detail: isForced ? { ...detail, forced: true } : detail });
  }

  /** Asks the provider whether the operation had no effect. @throws InvalidInput if it had one */
  private async failureVerified(operation: Operation, kind: RegisteredKind): Promise<Verification> {
    if (!kind.handler.lookUp) return VERIFIED;
    const { inquiry, inTime } = inquiryNow(operation.current, kind);
    const unreachable = (error: unknown) => unknown(error instanceof Error ? error.message : String(error));
    const found = await this.operations.saveFound(await inTime(kind.handler.lookUp(inquiry).catch(unreachable)));
    switch (found.type) {
      case 'failed':
      case 'never_arrived':
        return VERIFIED;
      case 'succeeded': {
        const message = `expected success: it has taken effect, with the result ${JSON.stringify(found.result)}`;
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

  /** Lets a worker look it up at once. */
  private async handBack(operation: Operation): Promise<void> {
    const now = this.clock.now();
    operation.handBack(now);
    await this.operations.save(operation, { runAt: now }).catch((err: unknown) => {
      if (err instanceof StaleOperation) return;
      this.logger.warn({
        msg: 'a worker continues it later: it could not be handed back',
        operationId: operation.id,
        err,
      });
    });
  }
}

/** @throws InvalidInput */
const resultOf = (kind: RegisteredKind, found: unknown): Json =>
  validated(kind.result, found, { at: ['outcome', 'result'] });

function refuseWithoutOutcome(): never {
  const message = 'expected what was found: {status: "success", result} or {status: "failed"}';
  throw InvalidInput.because([{ path: 'outcome', message }]);
}

/** @returns true if only `force` resolves it. @throws ResolutionNotVerified */
function isByForceAlone(operationId: string, verification: Verification, force: boolean): boolean {
  if (verification.type === 'verified') return false;
  if (!force) throw ResolutionNotVerified.of(operationId, verification.reason);
  return true;
}

import { Inject, Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import type { Json } from '../domain/events.js';
import type { Operation } from '../domain/operation.js';
import { StaleOperation } from '../domain/operation-errors.js';
import { KindRegister, type RegisteredKind } from '../kinds/kind-register.js';
import {
  CancelRequested,
  RetryableError,
  TerminalError,
  type Unexplained,
  unknown,
  type Cancellation,
} from '../kinds/outcome.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { lookUpDelay, retryDelay } from './retry-schedule.js';
import { TimeIsUp, AttemptRunner } from './attempt-runner.js';

/**
 * Takes an operation one try further: runs it, or looks up what an earlier try has left open, and stores what came of
 * it.
 */
export class ExecuteOperation extends Command<void> {
  constructor(
    readonly operationId: string,
    /** The job that asks. An operation answers to one job at a time; any other passes it over. */
    readonly jobId: string,
    /** Aborted when the process shuts down. */
    readonly shutdown: AbortSignal,
  ) {
    super();
  }
}

type AttemptOutcome = Cancellation | { type: 'canceled' } | { type: 'retry'; error: RetryableError };

/** What the log says of a try that did not end well, once, with its cause. */
const UNKNOWN = 'how a try went is unknown';
const REFUSED = 'a try was refused';
const PASSING = 'a try had no effect and is repeated';
const UNFORESEEN = 'a try has failed unexpectedly';

@CommandHandler(ExecuteOperation)
export class ExecuteOperationHandler implements ICommandHandler<ExecuteOperation> {
  private readonly logger = new Logger(ExecuteOperation.name);

  constructor(
    private readonly operations: OperationRepository,
    private readonly kinds: KindRegister,
    @Inject(CONFIG) private readonly config: RunningConfig,
    private readonly clock: Clock,
  ) {}

  async execute({ operationId, jobId, shutdown }: ExecuteOperation): Promise<void> {
    const operation = await this.operations.get(operationId);
    if (operation.done || operation.current.jobId !== jobId) return;
    try {
      if (operation.status === 'pending' && operation.hasPassedItsDeadline(this.clock.now())) {
        operation.expire(this.clock.now());
        await this.operations.save(operation);
      } else await this.take(operation, shutdown);
    } catch (error) {
      if (!(error instanceof StaleOperation)) throw error;
      const { kind, status, attempt } = operation.current;
      this.logger.warn({
        msg: 'a late answer changes nothing',
        operationId,
        kind,
        status,
        attempt,
        reason: error.message,
      });
    }
  }

  private async take(operation: Operation, shutdown: AbortSignal): Promise<void> {
    // First of all: a process that does not know the kind leaves the operation, untouched, to one that does.
    const kind = this.kinds.get(operation.current.kind);
    const waitsForTheCustomer = operation.status === 'requires_action';
    if (waitsForTheCustomer && !kind.handler.lookUp) return;
    operation.beginAttempt(this.clock.now());
    await this.operations.save(operation);
    const isOver = operation.cancelRequested || operation.hasPassedItsDeadline(this.clock.now());
    const cancelsAtProvider = isOver && this.kinds.mustCancelAtProvider(operation);
    const outcome = await this.outcomeOf(operation, kind, cancelsAtProvider, shutdown);
    if (waitsForTheCustomer) this.applyAfterAction(operation, kind, outcome, cancelsAtProvider, this.clock.now());
    else this.apply(operation, kind, outcome, this.clock.now());
    await this.operations.save(operation, operation.current.nextAttemptAt ?? undefined);
    if (operation.cancelRequested && operation.isIdle && !cancelsAtProvider) await this.cancelNow(operation);
  }

  /** Somebody asked while this worker was at it, and now nobody is. */
  private async cancelNow(operation: Operation): Promise<void> {
    const now = this.clock.now();
    if (this.kinds.mustCancelAtProvider(operation)) {
      await this.operations.expedite(operation.id, now);
      return;
    }
    operation.cancel(now);
    await this.operations.save(operation);
  }

  private apply(operation: Operation, kind: RegisteredKind, outcome: AttemptOutcome, now: Date): void {
    switch (outcome.type) {
      case 'succeeded':
        return operation.succeed(outcome.result, now);
      case 'failed':
        return operation.fail(outcome.failure, now, {
          detail: outcome.detail ?? null,
          attentionAt: kind.failureNeedsAttention ? now : null,
        });
      case 'action_required':
        if (operation.status === 'reconciling') operation.resume(now);
        return operation.requireAction(
          outcome.nextAction,
          kind.handler.lookUp ? this.nextLookUp(operation, now) : null,
          now,
        );
      case 'canceled':
        return operation.cancel(now);
      case 'pending':
        if (kind.handler.lookUp)
          return operation.reconcileAt(this.nextLookUp(operation, now), outcome.reason, now, null);
        return this.retry(operation, kind, outcome.reason, 'It is not done yet.', now);
      case 'unknown':
        if (kind.handler.lookUp) return this.reconcile(operation, outcome, now);
        return this.retry(
          operation,
          kind,
          outcome.reason,
          'How the last try went is unknown; it can be repeated without harm.',
          now,
          outcome.detail,
        );
      case 'never_arrived':
        return this.retry(operation, kind, 'never_arrived', 'The provider has no record of it.', now);
      case 'retry':
        return this.retry(operation, kind, outcome.error.reason, outcome.error.message, now, outcome.error.detail);
    }
  }

  /**
   * The customer has acted, or the deadline has passed, or somebody has called it off; where none of these is known,
   * they are waited for on.
   */
  private applyAfterAction(
    operation: Operation,
    kind: RegisteredKind,
    outcome: AttemptOutcome,
    cancelsAtProvider: boolean,
    now: Date,
  ): void {
    switch (outcome.type) {
      case 'canceled':
        return operation.cancelRequested ? operation.cancel(now) : operation.expire(now);
      case 'succeeded':
      case 'failed':
      case 'pending':
        operation.resume(now);
        return this.apply(operation, kind, outcome, now);
      case 'action_required':
        return this.apply(operation, kind, outcome, now);
      default: {
        const isUnexplained = outcome.type === 'unknown' && outcome.unexplained !== undefined;
        const attentionAt = isUnexplained ? now : cancelsAtProvider ? this.attentionFrom(now) : null;
        return operation.waitOn(this.nextLookUp(operation, now), attentionAt);
      }
    }
  }

  /** A try never throws: whatever went wrong becomes something that can be acted on. */
  private async outcomeOf(
    operation: Operation,
    kind: RegisteredKind,
    cancelsAtProvider: boolean,
    shutdown: AbortSignal,
  ): Promise<AttemptOutcome> {
    const attempt = new AttemptRunner(operation, kind, this.operations, this.clock, shutdown);
    const { status } = operation;
    const mayHaveTakenEffect = status === 'reconciling' || status === 'requires_action' || operation.redelivered;
    try {
      const outcome = await this.call(attempt, operation, kind, cancelsAtProvider, mayHaveTakenEffect);
      if (outcome.type === 'unknown') this.log('warn', UNKNOWN, operation, outcome.reason, outcome.cause);
      return outcome;
    } catch (error) {
      shutdown.throwIfAborted();
      if (error instanceof StaleOperation) throw error;
      // That this try has had no effect says nothing of one before it whose worker was lost.
      const isUntouched = !mayHaveTakenEffect || !kind.handler.lookUp;
      if (error instanceof CancelRequested && isUntouched) return { type: 'canceled' };
      const reason = reasonOf(error);
      if (error instanceof RetryableError) this.log('warn', isUntouched ? PASSING : UNKNOWN, operation, reason, error);
      else if (error instanceof TerminalError)
        this.log('error', isUntouched ? REFUSED : UNKNOWN, operation, reason, error);
      else if (!(error instanceof CancelRequested)) this.log('error', UNFORESEEN, operation, reason, error);
      const detail = error instanceof RetryableError || error instanceof TerminalError ? error.detail : undefined;
      if (error instanceof RetryableError && isUntouched) return { type: 'retry', error };
      if (error instanceof TerminalError && isUntouched)
        return {
          type: 'failed',
          failure: { code: error.code, message: error.message, retryable: false },
          ...(detail && { detail }),
        };
      if (kind.handler.lookUp) return unknown(reason, { ...(detail && { detail }) });
      return { type: 'retry', error: new RetryableError(reason, 'Something unexpected went wrong.', { cause: error }) };
    }
  }

  private async call(
    attempt: AttemptRunner,
    operation: Operation,
    { handler }: RegisteredKind,
    cancelsAtProvider: boolean,
    mayHaveTakenEffect: boolean,
  ): Promise<AttemptOutcome> {
    if (cancelsAtProvider) return attempt.cancel();
    if (operation.status === 'reconciling' || operation.status === 'requires_action') return attempt.lookUp();
    if (!operation.cancelRequested) return attempt.execute();
    return mayHaveTakenEffect && handler.lookUp ? attempt.lookUp() : { type: 'canceled' };
  }

  private log(level: 'warn' | 'error', msg: string, operation: Operation, reason: string, err: unknown): void {
    const { id: operationId, kind, status, attempt } = operation.current;
    this.logger[level]({ msg, operationId, kind, status, attempt, reason, ...(err !== undefined && { err }) });
  }

  private reconcile(
    operation: Operation,
    { reason, detail, unexplained }: Unexplained & { reason: string },
    now: Date,
  ): void {
    const attentionAt = unexplained ? now : this.attentionFrom(now);
    const because = { ...detail, ...(unexplained && { unexplained: [unexplained] }) };
    operation.reconcileAt(this.nextLookUp(operation, now), reason, now, attentionAt, because);
  }

  private attentionFrom(now: Date): Date {
    return new Date(now.getTime() + this.config.ATTENTION_AFTER_MS);
  }

  /**
   * Of one that waits for the customer, its deadline is looked at too, by a worker that can ask whether the customer
   * has come after all.
   */
  private nextLookUp({ current: { lookUps, expiresAt } }: Operation, now: Date): Date {
    const next = new Date(now.getTime() + lookUpDelay(lookUps, this.config.LOOK_UP_BASE_MS));
    return expiresAt && expiresAt > now && expiresAt < next ? expiresAt : next;
  }

  private retry(
    operation: Operation,
    kind: RegisteredKind,
    reason: string,
    message: string,
    now: Date,
    because?: Json,
  ): void {
    const { attempt, lookUps } = operation.current;
    const tries = attempt - lookUps;
    if (operation.cancelRequested && operation.status === 'processing') return operation.cancel(now);
    if (tries >= (kind.tries ?? this.config.RETRY_ATTEMPTS))
      return operation.fail({ code: reason, message, retryable: true }, now, {
        detail: because ?? null,
        attentionAt: kind.failureNeedsAttention ? now : null,
      });
    operation.retryAt(new Date(now.getTime() + retryDelay(tries, this.config.RETRY_BASE_MS)), reason, now, because);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RetryableError) return error.reason;
  if (error instanceof CancelRequested) return 'canceled';
  if (error instanceof TerminalError) return error.code;
  return error instanceof TimeIsUp ? 'time_is_up' : 'unexpected_error';
}

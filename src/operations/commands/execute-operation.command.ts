import { Inject, Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import type { Operation } from '../domain/operation.js';
import { StaleOperation } from '../domain/refusals.js';
import { KindRegister, type RegisteredKind } from '../kinds/kind-register.js';
import { CalledOff, type LookUp, RetryableError, unknown } from '../kinds/outcome.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { lookUpDelay, retryDelay } from './retry-schedule.js';
import { TimeIsUp, Try } from './try.js';

/** Takes an operation one try further: runs it, or looks up what an earlier try has left unknown, and stores what came of it. */
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

type TryOutcome = LookUp | { type: 'called_off' } | { type: 'retry'; error: RetryableError };

@CommandHandler(ExecuteOperation)
export class ExecuteOperationHandler implements ICommandHandler<ExecuteOperation> {
  private readonly logger = new Logger(ExecuteOperation.name);

  constructor(
    private readonly operations: OperationRepository,
    private readonly kinds: KindRegister,
    @Inject(CONFIG) private readonly config: RunningConfig,
  ) {}

  async execute({ operationId, jobId, shutdown }: ExecuteOperation): Promise<void> {
    const operation = await this.operations.get(operationId);
    if (operation.done || operation.status === 'requires_action' || operation.current.jobId !== jobId) return;
    try {
      if (operation.hasPassedItsDeadline(new Date())) operation.expire(new Date());
      else await this.take(operation, shutdown);
      await this.operations.save(operation, operation.current.nextAttemptAt ?? undefined);
      if (operation.cancelRequested && operation.isIdle) await this.callOff(operation);
    } catch (error) {
      if (!(error instanceof StaleOperation)) throw error;
      const { kind, status, attempt } = operation.current;
      this.logger.warn({ msg: 'a late answer changes nothing', operationId, kind, status, attempt, reason: error.message });
    }
  }

  /** Somebody asked while this worker was at it, and now nobody is. */
  private async callOff(operation: Operation): Promise<void> {
    operation.cancel(new Date());
    await this.operations.save(operation);
  }

  private async take(operation: Operation, shutdown: AbortSignal): Promise<void> {
    // First of all: a process that does not know the kind leaves the operation, untouched, to one that does.
    const kind = this.kinds.get(operation.current.kind);
    operation.beginAttempt(new Date());
    await this.operations.save(operation);
    const outcome = await this.outcomeOf(operation, kind, shutdown);
    const now = new Date();
    switch (outcome.type) {
      case 'succeeded':
        return operation.succeed(outcome.result, now);
      case 'failed':
        return operation.fail(outcome.failure, now);
      case 'action_required':
        return operation.requireAction(outcome.nextAction, now);
      case 'called_off':
        return operation.cancel(now);
      case 'unknown':
        if (kind.handler.lookUp) return this.reconcile(operation, outcome.reason, now);
        return this.retry(operation, outcome.reason, 'How the last try went is unknown; it can be repeated without harm.', now);
      case 'never_arrived':
        return this.retry(operation, 'never_arrived', 'The provider has no record of it.', now);
      case 'retry':
        return this.retry(operation, outcome.error.reason, outcome.error.message, now);
    }
  }

  /** A try never throws: whatever went wrong becomes something that can be acted on. */
  private async outcomeOf(operation: Operation, kind: RegisteredKind, shutdown: AbortSignal): Promise<TryOutcome> {
    const attempt = new Try(operation, kind, this.operations, shutdown);
    const mayHaveTakenEffect = operation.status === 'reconciling' || operation.lostAWorker;
    try {
      if (operation.status === 'reconciling') return await attempt.lookUp();
      if (!operation.cancelRequested) return await attempt.execute();
      if (!mayHaveTakenEffect || !kind.handler.lookUp) return { type: 'called_off' };
      return await attempt.lookUp();
    } catch (error) {
      shutdown.throwIfAborted();
      if (error instanceof StaleOperation) throw error;
      // That this try has had no effect says nothing of one before it whose worker was lost.
      const isUntouched = !mayHaveTakenEffect || !kind.handler.lookUp;
      if (error instanceof CalledOff && isUntouched) return { type: 'called_off' };
      if (error instanceof RetryableError && isUntouched) return { type: 'retry', error };
      const reason = this.reasonOf(error, operation);
      if (kind.handler.lookUp) return unknown(reason);
      return { type: 'retry', error: new RetryableError(reason, 'Something unexpected went wrong.', { cause: error }) };
    }
  }

  private reasonOf(error: unknown, { id: operationId, current: { kind, attempt } }: Operation): string {
    if (error instanceof RetryableError) return error.reason;
    if (error instanceof CalledOff) return 'called_off';
    this.logger.error({ msg: 'a try has failed unexpectedly', operationId, kind, attempt, err: error });
    return error instanceof TimeIsUp ? 'time_is_up' : 'unexpected_error';
  }

  private reconcile(operation: Operation, reason: string, now: Date): void {
    const wait = lookUpDelay(operation.current.lookUps, this.config.LOOK_UP_BASE_MS);
    operation.reconcileAt(new Date(now.getTime() + wait), reason, now);
  }

  private retry(operation: Operation, reason: string, message: string, now: Date): void {
    const { attempt, lookUps } = operation.current;
    const tries = attempt - lookUps;
    if (operation.cancelRequested && operation.status === 'processing') return operation.cancel(now);
    if (tries >= this.config.RETRY_ATTEMPTS) return operation.fail({ code: reason, message, retryable: true }, now);
    operation.retryAt(new Date(now.getTime() + retryDelay(tries, this.config.RETRY_BASE_MS)), reason, now);
  }
}

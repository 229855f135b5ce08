import { Inject, Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import type { Operation } from '../domain/operation.js';
import { StaleOperation } from '../domain/refusals.js';
import { KindRegister } from '../kinds/kind-register.js';
import { CalledOff, type LookUp, RetryableError, unknown } from '../kinds/outcome.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { lookUpDelay, retryDelay } from './retry-schedule.js';
import { Try } from './try.js';

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
    } catch (error) {
      if (!(error instanceof StaleOperation)) throw error;
      const { kind, status, attempt } = operation.current;
      this.logger.warn({ msg: 'a late answer changes nothing', operationId, kind, status, attempt, reason: error.message });
    }
  }

  private async take(operation: Operation, shutdown: AbortSignal): Promise<void> {
    operation.beginAttempt(new Date());
    await this.operations.save(operation);
    const outcome = await this.outcomeOf(operation, shutdown);
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
        return this.reconcile(operation, outcome.reason, now);
      case 'never_arrived':
        return this.retry(operation, 'never_arrived', 'The provider has no record of it.', now);
      case 'retry':
        return this.retry(operation, outcome.error.reason, outcome.error.message, now);
    }
  }

  /** A try never throws: whatever went wrong becomes something that can be acted on. */
  private async outcomeOf(operation: Operation, shutdown: AbortSignal): Promise<TryOutcome> {
    const kind = this.kinds.get(operation.current.kind);
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
      if (error instanceof CalledOff) return { type: 'called_off' };
      if (error instanceof RetryableError && operation.status !== 'reconciling') return { type: 'retry', error };
      if (!(error instanceof RetryableError))
        this.logger.error({ msg: 'a try has failed unexpectedly', operationId: operation.id, kind: kind.name, err: error });
      if (kind.handler.lookUp) return unknown(error instanceof RetryableError ? error.reason : 'unexpected_error');
      return { type: 'retry', error: new RetryableError('unexpected_error', 'Something unexpected went wrong.', { cause: error }) };
    }
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

import { Inject, Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { Companion } from '../../database/companion.js';
import { Operation } from '../domain/operation.js';
import { StaleOperation } from '../domain/operation-errors.js';
import { KindRegister, type RegisteredKind } from '../kinds/kind-register.js';
import { canceled, type Outcome, type Unknown, unknown } from '../kinds/outcome.js';
import { storedInput } from '../kinds/stored-input.js';
import { JobReassignment } from '../persistence/job-reassignment.js';
import { OperationRepository } from '../persistence/operation.repository.js';
import { isUnstorable } from '../persistence/unstorable.js';
import type { Claim } from '../persistence/worker-lease.js';
import { type AttemptOutcome, outcomeOfError, UNKNOWN } from './attempt-outcome.js';
import { AttemptRunner } from './attempt-runner.js';
import { apply, type Call, isUntouched, plan, planCall, planCancel, policyOf } from './execution-policy.js';
import type { StopSignal } from './stop-signal.js';

/** Makes one attempt at an operation: claims it, calls what execution-policy.ts decides, and stores the outcome. */
export class ExecuteOperation extends Command<void> {
  constructor(
    readonly operationId: string,
    /** The job that runs it. An operation belongs to one job at a time; any other job skips it. */
    readonly jobId: string,
    /** Stopped when the process shuts down. */
    readonly shutdown: StopSignal,
    /** The operation, if this process claimed it when it was started. */
    readonly claimed?: Claim,
  ) {
    super();
  }
}

@CommandHandler(ExecuteOperation)
export class ExecuteOperationHandler implements ICommandHandler<ExecuteOperation> {
  private readonly logger = new Logger(ExecuteOperation.name);

  constructor(
    private readonly operations: OperationRepository,
    private readonly jobs: JobReassignment,
    private readonly kinds: KindRegister,
    @Inject(CONFIG.retries) private readonly config: Config['retries'],
    private readonly clock: Clock,
  ) {}

  async execute({ operationId, jobId, shutdown, claimed }: ExecuteOperation): Promise<void> {
    const operation = claimed?.operation ?? (await this.operations.findById(operationId));
    // A job names every operation of its insert, including those not stored because their idempotency key was taken.
    if (operation?.current.jobId !== jobId) return;
    try {
      await (claimed ? this.run(claimed, shutdown) : this.attempt(operation, shutdown));
    } catch (error) {
      if (!(error instanceof StaleOperation)) throw error;
      this.log('warn', 'a late answer changes nothing', operation, error.message);
    }
  }

  private async attempt(operation: Operation, shutdown: StopSignal): Promise<void> {
    const { kind: name } = operation.current;
    const planned = plan(operation, this.kinds.find(name), this.clock.now());
    if (planned === 'pass_over') return;
    if (planned === 'expire') {
      operation.expire(this.clock.now());
      return this.operations.save(operation);
    }
    // Before the claim: a process that does not know the kind must leave the operation to one that does.
    const kind = this.kinds.get(name);
    const now = this.clock.now();
    const opening = operation.current.fence === 0 ? await openingOf(operation, kind, now) : undefined;
    operation.beginAttempt(now);
    await this.operations.save(operation, { companion: opening });
    await this.run({ operation, opening }, shutdown);
  }

  /** Runs an operation that this worker has claimed. */
  private async run(claim: Claim, shutdown: StopSignal): Promise<void> {
    const { operation } = claim;
    const kind = this.kinds.get(operation.current.kind);
    const call = planCall(operation, kind, this.clock.now());
    const outcome = await this.outcomeOf(call, claim, kind, shutdown);
    await this.cancelAfter(call, await this.conclude(call, outcome, operation, kind), kind);
  }

  /** Stores the changed operation and the outcome's companion atomically. @returns the operation as stored */
  private async conclude(
    call: Call,
    outcome: AttemptOutcome,
    claimed: Operation,
    kind: RegisteredKind,
  ): Promise<Operation> {
    const operation = Operation.from(claimed.current);
    apply({ call, ...outcome }, operation, policyOf(kind, this.config), this.clock.now());
    const { storedWith: companion } = outcome as Outcome;
    try {
      await this.operations.save(operation, { runAt: operation.current.nextAttemptAt ?? undefined, companion });
      return operation;
    } catch (error) {
      const instead = companion?.insteadOf(error) ?? insteadOfUnstorable(outcome, error);
      if (!instead) throw error;
      this.log('warn', UNKNOWN, claimed, instead.reason, error);
      return this.conclude(call, instead, claimed, kind);
    }
  }

  /** Turns errors into outcomes. Throws only if the worker is fenced off or the process shuts down. */
  private async outcomeOf(
    call: Call,
    claim: Claim,
    kind: RegisteredKind,
    shutdown: StopSignal,
  ): Promise<AttemptOutcome> {
    const { operation } = claim;
    const untouched = isUntouched(operation, kind);
    try {
      const outcome = await this.call(call, claim, kind, shutdown);
      if (outcome.type === 'unknown') this.log('warn', UNKNOWN, operation, outcome.reason, outcome.cause);
      return outcome;
    } catch (error) {
      shutdown.throwIfStopped();
      if (error instanceof StaleOperation) throw error;
      const { outcome, reason, log } = outcomeOfError(error, untouched, kind.handler.lookUp !== undefined);
      if (log) this.log(log.level, log.msg, operation, reason, error);
      return outcome;
    }
  }

  private async call(call: Call, claim: Claim, kind: RegisteredKind, shutdown: StopSignal): Promise<AttemptOutcome> {
    const attempt = new AttemptRunner(claim, kind, this.operations, this.clock, shutdown);
    switch (call) {
      case 'execute':
        return attempt.execute();
      case 'look_up':
        return attempt.lookUp();
      case 'cancel_at_provider':
        return attempt.cancel();
      case 'cancel':
        return canceled();
    }
  }

  private async cancelAfter(call: Call, operation: Operation, kind: RegisteredKind): Promise<void> {
    const now = this.clock.now();
    switch (planCancel(operation, call, kind)) {
      case 'none':
        return;
      case 'expedite':
        await this.jobs.expedite(operation.id, now);
        return;
      case 'cancel':
        operation.cancel(now);
        return this.operations.save(operation);
    }
  }

  private log(level: 'warn' | 'error', msg: string, operation: Operation, reason: string, err?: unknown): void {
    const { id: operationId, kind, status, attempts, fence } = operation.current;
    this.logger[level]({ msg, operationId, kind, status, attempts, fence, reason, ...(err !== undefined && { err }) });
  }
}

/** Without it, an attempt would be repeated for ever whose outcome can never be stored. */
const UNSTORABLE = unknown('outcome_not_storable', {
  unexplained: 'What an attempt returned cannot be stored; the log has the reason. It may have taken effect.',
});

/** Undefined if storing may succeed another time, or if it has failed without the outcome's content, too. */
const insteadOfUnstorable = (outcome: AttemptOutcome, error: unknown): Unknown | undefined =>
  outcome !== UNSTORABLE && isUnstorable(error) ? UNSTORABLE : undefined;

/** None if that fails: the attempt then meets the same error, and the operation shows it. */
async function openingOf({ current }: Operation, kind: RegisteredKind, now: Date): Promise<Companion | undefined> {
  const { id: operationId, tenant, input } = current;
  try {
    return await kind.handler.opening?.({ operationId, tenant, input: storedInput(kind, input) }, now);
  } catch {
    return undefined;
  }
}

import { Logger } from '@nestjs/common';
import type { Clock } from '../../clock/clock.js';
import type { Progress } from '../domain/operation-events.js';
import type { Operation } from '../domain/operation.js';
import type { RegisteredKind } from '../kinds/kind-register.js';
import type { Execution } from '../kinds/operation-kind.js';
import { storedInput } from '../kinds/stored-input.js';
import { CancelRequested, type LookUp, type Outcome, unknown, type Cancellation } from '../kinds/outcome.js';
import type { OperationRepository } from '../persistence/operation.repository.js';
import type { Claim } from '../persistence/worker-lease.js';
import { withTimeout } from '../../time/with-timeout.js';
import type { StopSignal } from './stop-signal.js';

/** The call may still be running; its answer no longer changes the operation. */
export class TimeIsUp extends Error {}

/** One call of a kind's handler, with a time limit and an abort signal; stores its progress as it arrives. */
export class AttemptRunner {
  private readonly logger = new Logger(AttemptRunner.name);
  private readonly stop = new AbortController();
  private reported: Promise<void> = Promise.resolve();
  private givenUp = false;

  private readonly operation: Operation;

  constructor(
    private readonly claim: Claim,
    private readonly kind: RegisteredKind,
    private readonly operations: OperationRepository,
    private readonly clock: Clock,
    private readonly shutdown: StopSignal,
  ) {
    this.operation = claim.operation;
  }

  execute(): Promise<Outcome> {
    return this.withinTheLimit((execution) => this.kind.handler.execute(execution));
  }

  lookUp(): Promise<LookUp> {
    return this.withinTheLimit<LookUp>(
      (inquiry) => this.kind.handler.lookUp?.(inquiry) ?? Promise.resolve(unknown('no_look_up')),
    );
  }

  cancel(): Promise<Cancellation> {
    return this.withinTheLimit<Cancellation>(
      (inquiry) => this.kind.handler.cancel?.(inquiry) ?? Promise.resolve(unknown('no_cancel')),
    );
  }

  private async withinTheLimit<T extends Cancellation>(call: (execution: Execution<never>) => Promise<T>): Promise<T> {
    const removeListener = this.shutdown.onStop((reason) => this.stop.abort(reason));
    const { timeLimitMs } = this.kind;
    const tooLate = () => new TimeIsUp(`The attempt took longer than ${timeLimitMs} ms and was abandoned.`);
    let called: Promise<T> | undefined;
    try {
      called = call(this.execution());
      const outcome = await withTimeout(timeLimitMs, called, tooLate);
      await this.progressStored();
      return outcome;
    } catch (error) {
      this.stop.abort(error);
      if (called && error instanceof TimeIsUp) void this.saveLate(called);
      throw error;
    } finally {
      this.givenUp = true;
      removeListener();
      await this.progressStored();
    }
  }

  /** A late answer changes no operation but is true at the provider: an audit compares it with the stored ending. */
  private async saveLate(called: Promise<Cancellation>): Promise<void> {
    const outcome = await called.catch(() => undefined);
    if (!outcome) return;
    await this.operations.saveFound(outcome).catch((err: unknown) => {
      this.logger.warn({ msg: 'a late answer could not be stored', operationId: this.operation.id, err });
    });
  }

  /**
   * Two writes of one operation must not overlap. An error here is ignored: the next write fails with it, if it
   * matters.
   */
  private async progressStored(): Promise<void> {
    await this.reported.catch(() => undefined);
  }

  private execution(): Execution<never> {
    const { id: operationId, tenant, input, attempts: attempt, fence } = this.operation.current;
    const progress = (progress: Progress) => {
      this.reported = this.reported.then(() => this.report(progress));
      // A kind may report progress without awaiting it: a failed write must not become an unhandled rejection.
      this.reported.catch(() => undefined);
      return this.reported;
    };
    const { stop } = this;
    return {
      operationId,
      tenant,
      attempt,
      fence,
      input: storedInput(this.kind, input),
      opening: this.claim.opening?.row,
      // Node makes it at the first use, which costs more than all the rest.
      get signal() {
        return stop.signal;
      },
      progress,
    };
  }

  private async report(progress: Progress): Promise<void> {
    if (this.givenUp) throw new Error('Progress came after the attempt had ended.');
    this.operation.reportProgress(progress, this.clock.now());
    await this.operations.save(this.operation);
    if (this.operation.cancelRequested) this.stop.abort(new CancelRequested());
  }
}

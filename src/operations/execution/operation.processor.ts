import { Inject, Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ONLY_TENANT } from '../../access/caller.js';
import { CONFIG, type Config } from '../../config/config.js';
import { JobProcessor, ProcessesJobsOf } from '../../queue/job-processor.js';
import { HandedBack, type Job } from '../../queue/job-queue.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { OPERATION_QUEUE, type OperationJob } from '../jobs/operation-queue.js';
import { type Claim, type LocalWorker, WorkerLease } from '../persistence/worker-lease.js';
import { WorkerLeaseKeeper } from '../persistence/worker-lease-keeper.task.js';
import { ExecuteOperation } from './execute-operation.command.js';
import { FairLimit } from './fair-limit.js';
import { StopSignal } from './stop-signal.js';

/** Runs as many jobs as operations: a job carries one operation or hundreds, and none may block the job of another. */
export const ProcessOperations = ({ concurrency, jobLockMs: lockMs }: Config['worker']) =>
  ProcessesJobsOf(OPERATION_QUEUE, { concurrency, lockMs });

/**
 * Runs each operation of a job as a command of its own. If an operation cannot be stored, its job fails and the queue
 * runs it again, skipping operations that have ended. While there is room, runs operations that this process accepted
 * without a job. One tenant's flood does not delay another's operations: see FairLimit.
 *
 * At shutdown it starts no operation; running ones may end within SHUTDOWN_MS. Then it hands their jobs back, so that
 * another worker claims them at once rather than when their locks expire.
 */
@Injectable()
@StopsIn('work')
export class OperationProcessor extends JobProcessor<OperationJob> implements LocalWorker {
  private readonly logger = new Logger(OperationProcessor.name);
  private readonly limit: FairLimit;
  private readonly shutdown = new StopSignal();
  private readonly timeIsUp = new StopSignal();
  private readonly leased = new Set<Promise<void>>();

  constructor(
    private readonly commands: CommandBus,
    private readonly lease: WorkerLease,
    private readonly leaseKeeper: WorkerLeaseKeeper,
    @Inject(CONFIG.worker) private readonly config: Config['worker'],
  ) {
    super();
    this.limit = new FairLimit(config.concurrency);
  }

  override async onApplicationBootstrap(): Promise<void> {
    await super.onApplicationBootstrap();
    await this.lease.open(this);
  }

  /** None while an operation of its tenant from the queue waits: a new one must not overtake it. */
  admits(tenants: readonly string[]): boolean[] {
    return this.limit.admits(tenants);
  }

  begin(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const running = this.runLeased(claim).finally(() => this.leased.delete(running));
      this.leased.add(running);
    }
  }

  /** @throws HandedBack */
  async run({ id: jobId, data: { tenant = ONLY_TENANT, operationIds, isNew } }: Job<OperationJob>): Promise<void> {
    const urgency = isNew ? 'new' : 'due';
    const executions = operationIds.map((id) => this.limit.run(tenant, urgency, () => this.execute(id, jobId)));
    const failures = await this.failuresAmong(executions);
    if (failures.length === 0) return;
    if (this.shutdown.stopped) throw new HandedBack('The process shuts down.');
    throw new AggregateError(
      failures,
      `${failures.length} of ${executions.length} operations: ${failures[0]?.message}`,
    );
  }

  failed({ id: jobId, data: { tenant, operationIds } }: Job<OperationJob>, err: Error): void {
    this.logger.error({ msg: 'a job has failed', jobId, tenant, operationIds, err });
  }

  override async stop(): Promise<void> {
    const reason = new Error('The process shuts down.');
    this.shutdown.stop(reason);
    this.limit.clear(reason);
    const closed = Promise.all([super.stop(), this.closeLease()]);
    const timer = setTimeout(() => this.timeIsUp.stop(new Error('The time to finish is up.')), this.config.shutdownMs);
    await closed;
    clearTimeout(timer);
  }

  /**
   * Enqueues a job for each operation that has not ended in time. If that fails, another worker does so once the lease
   * expires.
   */
  private async closeLease(): Promise<void> {
    try {
      this.lease.close();
      await Promise.all(this.leased);
      await this.leaseKeeper.release();
    } catch (err) {
      this.logger.warn({ msg: 'what this worker had begun runs again when its lease has run out', err });
    }
  }

  private async runLeased(claim: Claim): Promise<void> {
    const { current } = claim.operation;
    const { id: operationId, tenant, jobId } = current;
    const execution = this.limit.run(tenant, 'new', () => this.execute(operationId, jobId ?? '', claim));
    const [err] = await this.failuresAmong([execution]);
    if (!err) return this.lease.ended(operationId);
    this.lease.abandon([current]);
    if (!this.shutdown.stopped)
      this.logger.error({ msg: 'an operation has failed at once, and runs again by a job', operationId, err });
  }

  private async execute(operationId: string, jobId: string, claimed?: Claim): Promise<void> {
    this.shutdown.throwIfStopped();
    await this.commands.execute(new ExecuteOperation(operationId, jobId, this.shutdown, claimed));
  }

  /** Waits until all have ended or the time is up, which counts as a failure. */
  private failuresAmong(executions: Promise<void>[]): Promise<Error[]> {
    return new Promise((resolve) => {
      const removeListener = this.timeIsUp.onStop((reason) => resolve([reason]));
      void Promise.allSettled(executions).then((results) => {
        removeListener();
        resolve(results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as Error));
      });
    });
  }
}

import { setMaxListeners } from 'node:events';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { type Job, WaitingError, type Worker } from 'bullmq';
import pLimit from 'p-limit';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { OPERATION_QUEUE, type OperationJob, OperationQueue } from '../../queue/operation-queue.js';
import { logQueueErrors } from '../../queue/queue-errors.js';
import { ExecuteOperation } from './execute-operation.command.js';

const SECOND = 1000;

/**
 * A crashed worker's job runs again this often; past it the job fails, and the rescue gives its operations a new one.
 */
const MOST_CRASHES = 10;

/**
 * How its BullMQ worker runs; the decorator of the processor. A lost worker is noticed after the lock and two looks: 25
 * s at most. A job may carry one operation or hundreds: as many jobs as operations, lest single ones keep others
 * waiting.
 */
export const ProcessOperations = ({
  JOB_LOCK_MS,
  WORKER_CONCURRENCY,
}: Pick<RunningConfig, 'JOB_LOCK_MS' | 'WORKER_CONCURRENCY'>) =>
  Processor(OPERATION_QUEUE, {
    autorun: false,
    concurrency: WORKER_CONCURRENCY,
    lockDuration: JOB_LOCK_MS,
    stalledInterval: Math.ceil(JOB_LOCK_MS / 3),
    maxStalledCount: MOST_CRASHES,
    runRetryDelay: SECOND,
  });

/**
 * A job → one command for each of its operations, side by side. An operation that cannot be stored fails its job, which
 * BullMQ runs again; what has ended by then is passed over.
 *
 * At shutdown no new operation is begun; those under way may end within SHUTDOWN_MS; then their jobs are handed back,
 * so that another worker takes them up at once instead of when their locks run out.
 */
export class OperationProcessor extends WorkerHost implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(OperationProcessor.name);
  private readonly limit: ReturnType<typeof pLimit>;
  /**
   * New operations come to the limit a limit's worth at a time: what is due of those under way waits behind so many at
   * most.
   */
  private readonly limitOfNew: ReturnType<typeof pLimit>;
  private readonly shutdown = new AbortController();
  private readonly timeIsUp = new AbortController();

  /** None where the start has failed before there was one. */
  private running: Worker | undefined;

  constructor(
    private readonly commands: CommandBus,
    @Inject(CONFIG) private readonly config: RunningConfig,
  ) {
    super();
    this.limit = pLimit({ concurrency: config.WORKER_CONCURRENCY, rejectOnClear: true });
    this.limitOfNew = pLimit({ concurrency: config.WORKER_CONCURRENCY, rejectOnClear: true });
    // Everything under way listens for the end; Node takes more than ten for a leak.
    setMaxListeners(0, this.shutdown.signal, this.timeIsUp.signal);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.running = this.worker;
    logQueueErrors(this.worker, this.logger);
    this.worker.on('failed', (job: Job<OperationJob> | undefined, err) =>
      this.logger.error({ msg: 'a job has failed', jobId: job?.id, operationIds: job?.data.operationIds, err }),
    );
    this.worker.on('stalled', (jobId) => this.logger.warn({ msg: 'a job whose worker was lost runs again', jobId }));
    await this.worker.waitUntilReady();
    void this.worker.run().catch((err: unknown) => this.logger.error({ msg: 'the worker has stopped', err }));
  }

  override async process(job: Job<OperationJob>, token?: string): Promise<void> {
    const jobId = job.id ?? '';
    const limited = (id: string) => this.limit(() => this.execute(id, jobId));
    const isOfNew = OperationQueue.isOfNew(job);
    const executions = job.data.operationIds.map((id) => (isOfNew ? this.limitOfNew(() => limited(id)) : limited(id)));
    const failures = await this.failuresAmong(executions);
    if (failures.length === 0) return;
    if (this.shutdown.signal.aborted) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    throw new AggregateError(
      failures,
      `${failures.length} of ${executions.length} operations: ${failures[0]?.message}`,
    );
  }

  /** Before the event bus is closed, so that what ends now is told. */
  async onModuleDestroy(): Promise<void> {
    this.shutdown.abort(new Error('The process shuts down.'));
    this.limitOfNew.clearQueue();
    this.limit.clearQueue();
    const closed = this.running?.close();
    const timer = setTimeout(
      () => this.timeIsUp.abort(new Error('The time to finish is up.')),
      this.config.SHUTDOWN_MS,
    );
    await closed;
    clearTimeout(timer);
  }

  private async execute(operationId: string, jobId: string): Promise<void> {
    this.shutdown.signal.throwIfAborted();
    await this.commands.execute(new ExecuteOperation(operationId, jobId, this.shutdown.signal));
  }

  /** Once all have settled, or the time is up, which counts as a failure. */
  private failuresAmong(executions: Promise<void>[]): Promise<Error[]> {
    const { signal } = this.timeIsUp;
    return new Promise((resolve) => {
      const giveUp = () => resolve([signal.reason as Error]);
      signal.addEventListener('abort', giveUp);
      if (signal.aborted) giveUp();
      void Promise.allSettled(executions).then((results) => {
        signal.removeEventListener('abort', giveUp);
        resolve(results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as Error));
      });
    });
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  type ConnectionOptions,
  createRedisBackend,
  type Job as BullJob,
  type Processor,
  Queue,
  type WorkerOptions,
} from 'bullmq';
import { Clock } from '../clock/clock.js';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../maintenance/maintenance-task.js';
import { openRedis, type RedisConnection } from '../redis/redis-connection.js';
import { StopsIn } from '../shutdown/shutdown.js';
import { SECONDS } from '../time/durations.js';
import { asBullJob, promote } from './bullmq-jobs.js';
import { BullMqWorker } from './bullmq.worker.js';
import { JobOutbox } from './job-outbox.js';
import { type JobExpression, JobQueue, type NewJob, QueueBackend, type QueueDefinition } from './job-queue.js';
import { logQueueError, logQueueErrors } from './queue-errors.js';
import { wakeSleepingJobs } from './sleeping-jobs.js';

/** The braces have a cluster keep all keys of BullMQ's scripts on one node. */
const PREFIX = '{outcome}';

/** Shorter than a transaction may idle: that of an outbox waits for Redis. */
const ANSWERS_WITHIN = 2 * SECONDS;
const PAGE = 500;
const CLOSING_LOOKS_EVERY = 50;

/**
 * Keeps jobs in Redis. They get there after the commit, by an outbox in PostgreSQL, where they also stay while Redis is
 * away: accepting operations does not depend on it.
 */
@Injectable()
@Maintenance()
@StopsIn('connections')
export class RedisBackend extends QueueBackend implements OnModuleInit, HasMaintenanceTasks {
  /** Of the workers, whose commands wait for Redis. */
  readonly connection: RedisConnection;
  readonly keepsJobsWhileAway = true;
  private readonly redis: RedisConnection;
  private readonly queues: Pick<RedisJobQueue<unknown>, 'ready' | 'sweep' | 'promoteRunAfter' | 'close'>[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    @Inject(CONFIG.redis) redis: RunningConfig['redis'],
  ) {
    super();
    this.redis = openRedis(redis, { redis: { commandTimeout: ANSWERS_WITHIN } });
    const patient = { lazyConnect: true, enableOfflineQueue: true, maxRetriesPerRequest: null };
    this.connection = openRedis(redis, { redis: patient });
  }

  open<T>(definition: QueueDefinition): JobQueue<T> {
    const queue = new RedisJobQueue<T>(definition, this.redis, this.database, this.clock);
    this.queues.push(queue);
    return queue;
  }

  async onModuleInit(): Promise<void> {
    for (const queue of this.queues) await queue.ready();
  }

  async stop(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
    for (const connection of [this.redis, this.connection]) if (connection.status !== 'end') connection.disconnect();
  }

  tasks(): MaintenanceTask[] {
    return [
      { name: 'job-outbox', everyMs: SECONDS, scope: 'node', run: (stop) => this.sweep(stop) },
      wakeSleepingJobs(this.clock, (then) => this.promoteRunAfter(then)),
    ];
  }

  private async sweep(stop: AbortSignal): Promise<void> {
    for (const queue of this.queues) await queue.sweep(stop);
  }

  private async promoteRunAfter(then: number): Promise<void> {
    for (const queue of this.queues) await queue.promoteRunAfter(then);
  }
}

/** The worker class that @nestjs/bullmq instantiates for each `@Processor()`. */
export class RedisWorker<T> extends BullMqWorker<T, ConnectionOptions> {
  private readonly redis: RedisConnection;
  private readonly runs: Set<Promise<void>>;

  constructor(name: string, process: Processor<T, void>, options: WorkerOptions) {
    const runs = new Set<Promise<void>>();
    const tracked: typeof process = (job, token) => {
      const run = process(job, token).finally(() => runs.delete(run));
      runs.add(run);
      return run;
    };
    super(name, tracked, { ...options, prefix: PREFIX }, createRedisBackend);
    this.redis = options.connection as unknown as RedisConnection;
    this.runs = runs;
  }

  /** While Redis is away, BullMQ would wait for it. What ran has ended, though; its jobs run again, and find that. */
  override async close(): Promise<void> {
    let isClosed = false;
    const closed = super.close().finally(() => (isClosed = true));
    while (!isClosed && (this.redis.status === 'ready' || this.runs.size > 0))
      await Promise.race([closed, pause(CLOSING_LOOKS_EVERY)]);
  }
}

class RedisJobQueue<T> extends JobQueue<T> {
  private readonly outbox: JobOutbox<T>;
  private readonly logger = new Logger(RedisBackend.name);
  private readonly queue: Queue<T, void, string, T, void, string>;

  constructor(
    private readonly definition: QueueDefinition,
    private readonly redis: RedisConnection,
    database: Database,
    private readonly clock: Clock,
  ) {
    super();
    this.queue = new Queue(definition.name, { connection: redis, prefix: PREFIX }, createRedisBackend);
    logQueueErrors(this.queue, this.logger);
    this.outbox = new JobOutbox(
      definition.name,
      database.relaxed,
      (jobs) => this.deliver(jobs),
      () => redis.status === 'ready',
      (error) => logQueueError(error, this.logger),
    );
  }

  async ready(): Promise<void> {
    await this.queue.waitUntilReady();
  }

  sweep(stop: AbortSignal): Promise<void> {
    return this.outbox.sweep(stop);
  }

  async close(): Promise<void> {
    await this.outbox.drained();
    await this.queue.close();
  }

  enqueue(tx: Transaction, jobs: readonly NewJob<T>[]): Promise<void> {
    return this.outbox.add(tx, jobs);
  }

  async enqueueWith<Stored>(
    jobs: readonly NewJob<T>[],
    store: (jobs: JobExpression) => Promise<Stored>,
  ): Promise<Stored> {
    const stored = await store(this.outbox.expression(jobs));
    this.outbox.committed(jobs.map(({ id }) => id));
    return stored;
  }

  /** Looks into the outbox first: a job moves from there to Redis. */
  async pending(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const waiting = await this.outbox.among(ids);
    const inRedis = this.redis.pipeline();
    for (const id of ids) inRedis.exists(this.queue.toKey(id)).zscore(this.queue.toKey('failed'), id);
    const answers = (await inRedis.exec()) ?? [];
    const error = answers.find(([err]) => err)?.[0];
    if (error) throw error;
    const isPending = (_: string, at: number) => answers[2 * at]?.[1] === 1 && answers[2 * at + 1]?.[1] === null;
    return new Set([...waiting, ...ids.filter(isPending)]);
  }

  async expedite(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const inOutbox = await this.outbox.expedite(ids);
    const dueAt = await this.redis.zmscore(this.queue.toKey('delayed'), [...ids]);
    let inRedis = 0;
    for (const id of ids.filter((_, at) => dueAt[at] !== null)) {
      const job = await this.queue.getJob(id);
      if (job?.attemptsMade !== 0) continue;
      await promote(job);
      inRedis += 1;
    }
    return inOutbox + inRedis;
  }

  async counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  }

  /** Runs now the failed jobs whose last run, by their stamp, began after this time. */
  async promoteRunAfter(then: number): Promise<void> {
    const late: BullJob<T>[] = [];
    for (let first = 0; ; first += PAGE) {
      const page = await this.queue.getDelayed(first, first + PAGE - 1);
      late.push(...page.filter(({ processedOn = 0 }) => processedOn > then));
      if (page.length < PAGE) break;
    }
    for (const job of late) await promote(job);
  }

  private async deliver(jobs: NewJob<T>[]): Promise<void> {
    await this.queue.addBulk(jobs.map(asBullJob(this.definition, this.clock.now())));
  }
}

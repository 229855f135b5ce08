import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  createPostgresBackend,
  DEFAULT_SCHEMA,
  Job,
  type PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
  type Processor,
  Queue,
  type WorkerOptions,
} from 'bullmq';
import type pg from 'pg';
import { Clock } from '../clock/clock.js';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { ANSWER_GRACE, openPool } from '../database/connection.js';
import type { Transaction } from '../database/transaction.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../maintenance/maintenance-task.js';
import { asBullJob, promote } from './bullmq-jobs.js';
import { BullMqWorker } from './bullmq.worker.js';
import { type JobExpression, JobQueue, type NewJob, QueueBackend, type QueueDefinition } from './job-queue.js';
import { probeListeners } from './probe-listeners.js';
import { logQueueErrors } from './queue-errors.js';
import { wakeSleepingJobs } from './sleeping-jobs.js';
import { StopsIn } from '../shutdown/shutdown.js';

/** BullMQ 6.7 takes 12.3 ms for `createBulk` even of one job, 1.6 ms for `create` (medians of 30, one connection). */
const WORTH_A_BULK = 8;

/** What BullMQ would make at the first bulk, as a role that may. */
const PREPARE = 'SELECT queue_prepare($1)';
const PENDING = `SELECT id FROM bullmq.job WHERE queue = $1 AND id = ANY($2::text[])
  AND state NOT IN ('completed', 'failed')`;
const SLEEPS = `SELECT id FROM bullmq.job WHERE queue = $1 AND state = 'delayed'`;
const SLEEPS_FIRST = `${SLEEPS} AND id = ANY($2::text[]) AND attempts_made = 0`;
const FAILED_AFTER = `${SLEEPS} AND attempts_made > 0 AND process_at_ms - delay_ms > $2`;

type PostgresQueue<T> = Queue<T, void, string, T, void, string, PostgresQueueBackend, PostgresConnectionOptions>;

/**
 * Keeps jobs in BullMQ's tables in the service's database, so that a statement of a transaction can add them. The pool
 * serves the queue's bookkeeping, which commits relaxed: if a crash loses it, the job runs again.
 */
@Injectable()
@Maintenance()
@StopsIn('connections')
export class PostgresBackend extends QueueBackend implements OnModuleInit, HasMaintenanceTasks {
  readonly connection: pg.Pool;
  readonly keepsJobsWhileAway = false;
  private readonly stopProbing: () => void;
  private readonly queues: PostgresJobQueue<unknown>[] = [];

  constructor(
    private readonly clock: Clock,
    @Inject(CONFIG.database) { directUrl, timeoutMs }: Pick<RunningConfig['database'], 'directUrl' | 'timeoutMs'>,
  ) {
    super();
    this.connection = openPool(directUrl, { max: 10, synchronousCommit: 'off', timeoutMs });
    this.stopProbing = probeListeners(this.connection, timeoutMs + 2 * ANSWER_GRACE);
  }

  open<T>(definition: QueueDefinition): JobQueue<T> {
    const queue = new PostgresJobQueue<T>(definition, this.connection, this.clock);
    this.queues.push(queue);
    return queue;
  }

  async onModuleInit(): Promise<void> {
    for (const queue of this.queues) await queue.ready();
  }

  async stop(): Promise<void> {
    this.stopProbing();
    await this.connection.end();
  }

  tasks(): MaintenanceTask[] {
    return [wakeSleepingJobs(this.clock, (then) => this.promoteRunAfter(then))];
  }

  private async promoteRunAfter(then: number): Promise<void> {
    for (const queue of this.queues) await queue.promote(FAILED_AFTER, then);
  }
}

/** The worker class that @nestjs/bullmq instantiates for each `@Processor()`. */
export class PostgresWorker<T> extends BullMqWorker<T, PostgresConnectionOptions> {
  constructor(
    name: string,
    process: Processor<T, void>,
    options: Omit<WorkerOptions, 'connection'> & { connection: PostgresConnectionOptions },
  ) {
    super(name, process, options, createPostgresBackend);
  }
}

class PostgresJobQueue<T> extends JobQueue<T> {
  private readonly queue: PostgresQueue<T>;

  constructor(
    private readonly definition: QueueDefinition,
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
  ) {
    super();
    this.queue = new Queue(definition.name, { connection: pool }, createPostgresBackend);
    logQueueErrors(this.queue, new Logger(PostgresBackend.name));
  }

  /** Fails the boot if the queue cannot be reached: BullMQ would keep a failed first connection for ever. */
  async ready(): Promise<void> {
    await this.queue.waitUntilReady();
    await this.pool.query(PREPARE, [this.definition.name]);
  }

  enqueue(tx: Transaction, jobs: readonly NewJob<T>[]): Promise<void> {
    return this.add(tx, jobs);
  }

  /** Catches BullMQ's statements before they are sent, and makes them part of the statement of `store`. */
  async enqueueWith<Stored>(
    jobs: readonly NewJob<T>[],
    store: (jobs: JobExpression) => Promise<Stored>,
  ): Promise<Stored> {
    const statements: JobExpression[] = [];
    const query = (text: string, values: unknown[]) => {
      statements.push({ text: text.replace(/;\s*$/, ''), values });
      return Promise.resolve({ rows: jobs });
    };
    await this.add({ query } as unknown as Transaction, jobs);
    return store(inOneRow(statements));
  }

  /** In one statement, or in one for each of a few. */
  private async add(tx: Transaction, jobs: readonly NewJob<T>[]): Promise<void> {
    const given = jobs.map(asBullJob(this.definition, this.clock.now()));
    const queue = within(tx, this.queue);
    if (given.length >= WORTH_A_BULK) await Job.createBulk(queue, given);
    else for (const { name, data, opts } of given) await Job.create(queue, name, data, opts);
  }

  /** Reads BullMQ's table, since BullMQ has no call for many jobs. */
  async pending(ids: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.pool.query<{ id: string }>(PENDING, [this.definition.name, ids]);
    return new Set(rows.map(({ id }) => id));
  }

  expedite(ids: readonly string[]): Promise<number> {
    return this.promote(SLEEPS_FIRST, ids);
  }

  async counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  }

  async promote(which: string, value: unknown): Promise<number> {
    const { rows } = await this.pool.query<{ id: string }>(which, [this.definition.name, value]);
    for (const { id } of rows) await promote(await this.queue.getJob(id));
    return rows.length;
  }
}

/** A view of the queue whose statements run on the connection of the transaction. */
function within<T>(tx: Transaction, queue: PostgresQueue<T>): PostgresQueue<T> {
  const connection = { pool: tx, schema: DEFAULT_SCHEMA, isClosing: false, waitUntilReady: () => Promise.resolve() };
  const backend = new PostgresQueueBackend(connection as unknown as PostgresConnection, queue.name, queue.opts, false);
  return Object.create(queue, { backend: { value: backend } }) as PostgresQueue<T>;
}

/** Each statement as an array of its rows, with the parameters of all of them in one sequence. */
function inOneRow(statements: readonly JobExpression[]): JobExpression {
  const values: unknown[] = [];
  const arrays = statements.map((statement) => {
    const before = values.length;
    values.push(...statement.values);
    return `ARRAY(${statement.text.replace(/\$(\d+)/g, (_, place: string) => `$${Number(place) + before}`)})`;
  });
  return { text: `(${arrays.join(' || ')})`, values };
}

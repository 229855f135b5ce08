import type { Transaction } from '../database/transaction.js';

/** A queue of jobs of one shape, declared by the feature that it serves. */
export interface QueueDefinition {
  name: string;
  /** Attempts per job, with pauses of 1, 2, 4 … s between them, each up to 50 % shorter. */
  attempts: number;
  /** Jobs kept for inspection after their last failure; beyond that, a failed job is removed and its id is free. */
  keepFailed: number;
}

export interface NewJob<T> {
  /** While a job has this id, adding another is a no-op. Never the name of a state, such as `delayed`. */
  id: string;
  data: T;
  /** Immediately if absent. */
  runAt?: Date | undefined;
  /** 0 if absent. Of the due jobs, the lowest number runs first, and of equal ones the first to be due or added. */
  priority?: number;
}

/**
 * A SQL expression that adds the jobs once, however many rows it is evaluated for, and none for no row. Its parameters
 * are $1 and following; as many parameters have the same text.
 */
export interface JobExpression {
  text: string;
  values: unknown[];
}

/** Adds and counts jobs. A `JobProcessor` runs each at least once, and up to ten times if its workers are lost. */
export abstract class JobQueue<T> {
  /** The jobs exist exactly if the transaction commits; each then runs at least once. */
  abstract enqueue(tx: Transaction, jobs: readonly NewJob<T>[]): Promise<void>;

  /**
   * Like `enqueue`, within the statement that `store` runs: the jobs exist exactly if that statement evaluates the
   * expression and commits.
   */
  abstract enqueueWith<Stored>(
    jobs: readonly NewJob<T>[],
    store: (jobs: JobExpression) => Promise<Stored>,
  ): Promise<Stored>;

  /** Which of these jobs are running or will still run. */
  abstract pending(ids: readonly string[]): Promise<Set<string>>;

  /**
   * Runs at once those of these jobs that wait for their first run; a failed job keeps its pause. @returns how many.
   */
  abstract expedite(ids: readonly string[]): Promise<number>;

  /** How many jobs are in each state. @throws if the queue cannot be reached. */
  abstract counts(): Promise<Record<string, number>>;
}

export interface Job<T> extends Pick<NewJob<T>, 'id' | 'data'> {
  /** Failed runs so far. */
  failures: number;
}

export interface JobHandler<T> {
  /** An error fails the job, which runs again after a pause. @throws HandedBack */
  run(job: Job<T>): Promise<void>;
  /** Called after each failed run. `isLast`: the job does not run again. */
  failed(job: Job<T>, error: Error, isLast: boolean): void;
}

/** Another worker must run the job at once; not a failure of the job. */
export class HandedBack extends Error {}

/** Keeps jobs from the commit that adds them until a processor runs them. */
export abstract class QueueBackend {
  /** What BullMQ's workers connect with. */
  abstract readonly connection: unknown;
  /** True if jobs can be added while the queue cannot be reached: they run once it can. */
  abstract readonly keepsJobsWhileAway: boolean;

  abstract open<T>(definition: QueueDefinition): JobQueue<T>;
}

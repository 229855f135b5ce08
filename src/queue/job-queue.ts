import type { Transaction } from '../database/transaction.js';

/** A queue of jobs of one shape, as the feature that it serves declares it. */
export interface QueueDefinition {
  name: string;
  /** How often a job that fails is attempted, after pauses of 1, 2, 4 … s, each up to 50 % shorter. */
  attempts: number;
  /** How many of the jobs that failed for good are kept to be looked at; the others leave their ids free. */
  keepFailed: number;
}

export interface NewJob<T> {
  /** While a job has this id, adding another is a no-op. */
  id: string;
  data: T;
  /** When it shall run; at once where not given. */
  runAt?: Date | undefined;
  /** Gives way to every due job without it. */
  priority?: 'low';
}

/**
 * An expression of SQL that adds a job, once for however many rows it is evaluated for, and not at all for none. Its
 * parameters are $1 and the following.
 */
export interface JobExpression {
  text: string;
  values: unknown[];
}

/** Adds and counts jobs; a `JobProcessor` runs each at least once, and up to ten times if its worker is lost. */
export abstract class JobQueue<T> {
  /** The jobs exist exactly if the transaction commits. From then on each runs at least once. */
  abstract enqueue(tx: Transaction, jobs: readonly NewJob<T>[]): Promise<void>;

  /**
   * As `enqueue`, in the statement that `store` runs, which stores what the job is for: the job exists exactly if that
   * statement evaluates the expression and commits.
   */
  abstract enqueueWith<Stored>(job: NewJob<T>, store: (job: JobExpression) => Promise<Stored>): Promise<Stored>;

  /** Which of these jobs run or will still run. */
  abstract pending(ids: readonly string[]): Promise<Set<string>>;

  /** Runs now those of these jobs that wait for their first run; a failed job keeps its pause. @returns how many. */
  abstract expedite(ids: readonly string[]): Promise<number>;

  /** How many jobs are in each state. @throws where the queue cannot be reached. */
  abstract counts(): Promise<Record<string, number>>;
}

export interface Job<T> extends Pick<NewJob<T>, 'id' | 'data' | 'priority'> {
  /** Failed runs so far. */
  failures: number;
}

export interface JobHandler<T> {
  /** What it throws fails the job, which runs again after a pause. @throws HandedBack */
  run(job: Job<T>): Promise<void>;
  /** After each failed run. `isLast`: it does not run again. */
  failed(job: Job<T>, error: Error, isLast: boolean): void;
}

/** Another worker shall run the job at once: no failure of it. */
export class HandedBack extends Error {}

/** Where jobs are kept between the commit that adds them and the processor that runs them. */
export abstract class QueueBackend {
  /** What BullMQ's workers connect with. */
  abstract readonly connection: unknown;

  abstract open<T>(definition: QueueDefinition): JobQueue<T>;
}

import { DomainError } from '../errors/domain-error.js';
import { SECONDS } from '../time/durations.js';

const PATIENCE_MS = 1 * SECONDS;

/** If this many batches are held up, the database itself is the cause; each batch also holds a connection. */
const MOST_HELD_UP = 2;

/**
 * Lets callers share a statement and its commit. The first caller runs at once; callers that arrive meanwhile form the
 * next batch, in order of arrival. There is no timer: a lone caller does not wait.
 *
 * If a batch takes longer than PATIENCE, as on a silent connection, the next one runs beside it.
 *
 * If a batch fails because of one of its rows (`blamesARow`), it is halved until that row is alone and fails only its
 * own caller. Any other failure, such as a lost connection, fails every caller.
 */
export class Batcher<Row, Result> {
  private readonly waiting: Waiting<Row, Result>[] = [];
  private running: Promise<void> | undefined;
  private readonly heldUp = new Set<Promise<void>>();

  constructor(
    /** Returns one result per row, in the rows' order. All or nothing: if it throws, nothing was stored. */
    private readonly run: (rows: Row[]) => Promise<Result[]>,
    private readonly options: BatcherOptions<Row>,
  ) {}

  /** @throws TooManyWaiting if `mostWaiting` callers already wait; otherwise whatever the run throws. */
  submit(row: Row): Promise<Result> {
    if (this.waiting.length >= this.options.mostWaiting)
      return Promise.reject(TooManyWaiting.over(this.options.mostWaiting));
    const { promise, resolve, reject } = withResolvers<Result>();
    this.waiting.push({ row, resolve, reject });
    this.running ??= this.runAll();
    return promise;
  }

  /** Resolves when no caller waits any more. */
  async drained(): Promise<void> {
    while (this.running ?? this.heldUp.size) await (this.running ?? Promise.all(this.heldUp));
  }

  private async runAll(): Promise<void> {
    // Waits one turn of the event loop, so that the callers of one tick share a batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.doneOrHeldUp(this.runBatch(this.takeBatch()));
    this.running = undefined;
  }

  private async doneOrHeldUp(batch: Promise<void>): Promise<void> {
    const { promise: patience, resolve } = withResolvers<undefined>();
    const timer = setTimeout(() => {
      this.heldUp.add(batch);
      void batch.then(() => this.heldUp.delete(batch));
      resolve(this.heldUp.size < MOST_HELD_UP ? undefined : Promise.race(this.heldUp).then(() => undefined));
    }, this.options.patienceMs ?? PATIENCE_MS);
    await Promise.race([batch, patience]);
    clearTimeout(timer);
  }

  /** The longest sequence of callers with distinct keys: one statement must not change a row twice. */
  private takeBatch(): Waiting<Row, Result>[] {
    const keys = new Set<string>();
    const repeated = this.waiting.findIndex(({ row }, at) => {
      const key = this.options.keyOf?.(row);
      if (at >= this.options.largest || (key !== undefined && keys.has(key))) return true;
      if (key !== undefined) keys.add(key);
      return false;
    });
    return this.waiting.splice(0, repeated === -1 ? this.waiting.length : repeated);
  }

  private async runBatch(batch: Waiting<Row, Result>[]): Promise<void> {
    try {
      const results = await this.run(batch.map(({ row }) => row));
      batch.forEach(({ resolve }, at) => resolve(results[at] as Result));
    } catch (error) {
      if (batch.length === 1 || !this.options.blamesARow(error)) batch.forEach(({ reject }) => reject(error));
      else {
        const half = Math.ceil(batch.length / 2);
        await this.runBatch(batch.slice(0, half));
        await this.runBatch(batch.slice(half));
      }
    }
  }
}

export interface BatcherOptions<Row> {
  largest: number;
  mostWaiting: number;
  patienceMs?: number;
  keyOf?: (row: Row) => string;
  blamesARow: (error: unknown) => boolean;
}

interface Waiting<Row, Result> {
  row: Row;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** More callers wait for the database than the service can keep: it refuses some instead of failing all. */
export class TooManyWaiting extends DomainError {
  readonly code = 'overloaded';

  static over(most: number): TooManyWaiting {
    return new TooManyWaiting(`${most} writes wait for the database already. Try again in a moment.`);
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>() {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

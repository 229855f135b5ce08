import type pg from 'pg';
import { Batcher } from '../database/batcher.js';
import { callOf } from '../database/statement.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import type { JobExpression, NewJob } from './job-queue.js';
import { ADD, AMONG, EXPEDITE, PAGE, TAKE, TAKE_LEFT_BEHIND } from './job-outbox.sql.js';
import { SECONDS } from '../time/durations.js';

/** Longer than a transaction and the delivery after it take; a crash in between delays its jobs by this and a sweep. */
const LEFT_BEHIND_MS = 2 * SECONDS;
type Row<T> = Pick<NewJob<T>, 'id' | 'data'> & { runAt: Date | null; priority: string | null };

/** The outbox of one queue: keeps the jobs of a transaction, and delivers them once it has committed. */
export class JobOutbox<T> {
  private readonly deliveries: Batcher<string, undefined>;

  constructor(
    private readonly queue: string,
    /** Commits relaxed: a delivery that a crash undoes is repeated. */
    private readonly pool: pg.Pool,
    private readonly deliver: (jobs: NewJob<T>[]) => Promise<void>,
    /** While false, everything waits for the sweep. */
    private readonly canDeliver: () => boolean,
    private readonly onError: (error: Error) => void,
  ) {
    this.deliveries = new Batcher((ids: string[]) => this.deliverThese(ids), {
      largest: PAGE,
      mostWaiting: 100 * PAGE,
      blamesARow: () => false,
    });
  }

  async add(tx: Transaction, jobs: readonly NewJob<T>[]): Promise<void> {
    if (jobs.length === 0) return;
    await tx.query({ ...ADD, values: this.valuesOf(jobs) });
    tx.afterCommit(() => this.committed(jobs.map(({ id }) => id)));
  }

  /** The statement that evaluates it must be followed by `committed`. */
  expression(jobs: readonly NewJob<T>[]): JobExpression {
    return { text: `(SELECT count(*) FROM ${callOf(ADD)})`, values: this.valuesOf(jobs) };
  }

  private valuesOf(jobs: readonly NewJob<T>[]): unknown[] {
    return [this.queue, JSON.stringify(jobs)];
  }

  /** Delivers those of these jobs that are there. A failure leaves them to the sweep. */
  committed(ids: readonly string[]): void {
    if (this.canDeliver()) for (const id of ids) this.deliveries.submit(id).catch(this.onError);
  }

  /** Delivers what a crash, or Redis while it was away, has left behind. */
  async sweep(stop: AbortSignal): Promise<void> {
    for (let taken = PAGE; taken === PAGE && this.canDeliver() && !stop.aborted;)
      taken = await this.deliverTaken({ ...TAKE_LEFT_BEHIND, values: [this.queue, LEFT_BEHIND_MS] });
  }

  async among(ids: readonly string[]): Promise<string[]> {
    return this.idsOf({ ...AMONG, values: [this.queue, ids] });
  }

  /** Has those of these jobs that have a time run at once. @returns how many. */
  async expedite(ids: readonly string[]): Promise<number> {
    return (await this.idsOf({ ...EXPEDITE, values: [this.queue, ids] })).length;
  }

  /** Resolves when nothing is being delivered. */
  drained(): Promise<void> {
    return this.deliveries.drained();
  }

  private async idsOf(statement: pg.QueryConfig): Promise<string[]> {
    return (await this.pool.query<{ id: string }>(statement)).rows.map(({ id }) => id);
  }

  private async deliverThese(ids: string[]): Promise<undefined[]> {
    const placeOf = new Map(ids.map((id, place) => [id, place]));
    await this.deliverTaken({ ...TAKE, values: [this.queue, ids] }, placeOf);
    return ids.map(() => undefined);
  }

  /** @param placeOf the order in which they were committed, as far as it is known. */
  private deliverTaken(statement: pg.QueryConfig, placeOf = new Map<string, number>()): Promise<number> {
    return inTransaction(this.pool, async (tx) => {
      const { rows } = await tx.query<Row<T>>(statement);
      const place = ({ id }: Row<T>) => placeOf.get(id) ?? 0;
      rows.sort((one, other) => place(one) - place(other) || (one.id < other.id ? -1 : 1));
      const jobs = rows.map(({ id, data, runAt, priority }) => ({
        id,
        data,
        ...(runAt && { runAt }),
        ...(priority && { priority: priority === 'low' ? 1 : Number(priority) }),
      }));
      if (jobs.length > 0) await this.deliver(jobs);
      return jobs.length;
    });
  }
}

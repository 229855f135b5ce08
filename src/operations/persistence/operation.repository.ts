import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { announce } from '../../access/access-changes.js';
import { Clock } from '../../clock/clock.js';
import { Batcher } from '../../database/batcher.js';
import { alone, type Companion, joined } from '../../database/companion.js';
import { blamesARow, Database } from '../../database/database.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import type { JobExpression, NewJob } from '../../queue/job-queue.js';
import { type OperationJob, OperationQueue } from '../jobs/operation-queue.js';
import { sharedRunAt } from '../jobs/shared-run.js';
import { type OperationEvent, OperationsChanged } from '../domain/operation-events.js';
import { Operation, type OperationRecord, type OperationRef, type ProposedResolution } from '../domain/operation.js';
import { OperationNotFound, StaleOperation } from '../domain/operation-errors.js';
import type { Cancellation, Outcome, Unknown } from '../kinds/outcome.js';
import { BATCH_LIMITS } from './batch-limits.js';
import { eventRowOf } from './event-row.js';
import { OperationReader } from './operation.reader.js';
import {
  addedAs,
  addWith,
  changedAs,
  changeWith,
  CONFIRM,
  PROPOSE_RESOLUTION,
  REQUEST_CANCEL,
  REVOKE_WATCH_TOKENS,
  TAKE_UNCONFIRMED,
  withJobs,
} from './operation.sql.js';
import { RecentOperations } from './recent-operations.js';
import { TenantJobs } from './tenant-jobs.js';
import { type Claim, WorkerLease } from './worker-lease.js';

const MOST_CONFLICTS = 5;

type Step = (operation: Operation) => void | Promise<void>;

/** What the transaction stores besides the steps of an operation. */
interface StoredWith {
  /** When a job must run the operation again. */
  runAt?: Date | undefined;
  companion?: Companion | undefined;
}

/** The changes of one operation to store. */
interface Change extends StoredWith {
  operation: Operation;
}

interface Changed {
  id: string;
  cancelRequestedAt: Date | null;
}

/**
 * Stores changes of operations. Each caller writes one operation; callers share statements and commits. All events of a
 * commit are published together, after it.
 */
@Injectable()
@StopsIn('answers')
export class OperationRepository {
  private readonly options = { ...BATCH_LIMITS, blamesARow: isOfARow };
  private readonly inserts = new Batcher((batch: Claim[]) => this.insertAll(batch), this.options);
  private readonly updates = new Batcher((batch: Change[]) => this.updateAll(batch), {
    ...this.options,
    keyOf: ({ operation }: Change) => operation.id,
  });

  constructor(
    private readonly reader: OperationReader,
    private readonly database: Database,
    private readonly queue: OperationQueue,
    private readonly jobs: TenantJobs,
    private readonly lease: WorkerLease,
    private readonly recent: RecentOperations,
    private readonly events: EventBus<OperationsChanged>,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores a new operation, its first event and its job, durably. False: its idempotency key is taken. If a worker of
   * this process has room, it claims the operation in the same statement, which stores the opening, too, and runs it at
   * once.
   */
  add(operation: Operation, opening?: Companion): Promise<boolean> {
    return this.inserts.submit({ operation, opening });
  }

  async findById(id: string): Promise<Operation | undefined> {
    const found = await this.reader.findById(id);
    return found && Operation.from(found);
  }

  /** @throws OperationNotFound */
  async get(ref: OperationRef): Promise<Operation> {
    return Operation.from(await this.reader.get(ref));
  }

  /**
   * Stores the steps taken since it was read, durably: a crash must not undo what a provider or a client has been sent.
   * @throws StaleOperation if another writer was first
   */
  async save(operation: Operation, storedWith: StoredWith = {}): Promise<void> {
    const stored = await this.updates.submit({ operation, ...storedWith });
    if (!stored) throw StaleOperation.at(operation.id, operation.expected.version, operation.expected.fence);
    operation.markStored(stored.cancelRequestedAt);
  }

  /**
   * Reads an operation, takes a step and saves it; if another writer is first, starts over, up to five times.
   * @throws OperationNotFound, StaleOperation, and the errors of the step
   */
  update(ref: OperationRef, step: Step, runAt?: Date): Promise<Operation> {
    return this.changeAsRead(() => this.reader.get(ref), step, runAt);
  }

  /** For the service itself; else as `update`. */
  updateById(id: string, step: Step, runAt?: Date): Promise<Operation> {
    return this.changeAsRead(() => this.reader.getById(id), step, runAt);
  }

  private async changeAsRead(read: () => Promise<OperationRecord>, step: Step, runAt?: Date): Promise<Operation> {
    for (let conflicts = 0; ;) {
      const operation = Operation.from(await read());
      try {
        await step(operation);
        if (operation.hasChanged) await this.save(operation, { runAt });
        return operation;
      } catch (error) {
        if (!(error instanceof StaleOperation) || ++conflicts === MOST_CONFLICTS) throw error;
      }
    }
  }

  /**
   * Stores the companion of what was found outside an attempt. @returns what was found, or what the companion makes of
   * a conflict
   */
  async saveFound<Found extends Cancellation>(found: Found): Promise<Found | Unknown> {
    const { storedWith } = found as Outcome;
    if (!storedWith) return found;
    try {
      await this.database.durable.query(alone(storedWith.statement, storedWith.row));
      return found;
    } catch (error) {
      const instead = storedWith.insteadOf(error);
      if (!instead) throw error;
      return instead;
    }
  }

  /** Answers all accepted callers before the connections close. */
  async stop(): Promise<void> {
    await Promise.all([this.accepted(), this.updates.drained()]);
  }

  /** Resolves when every accepted operation is stored. */
  accepted(): Promise<void> {
    return this.inserts.drained();
  }

  /** @throws StaleOperation if it has ended meanwhile */
  async requestCancel({ id, current: { tenant }, expected: { version, fence } }: Operation, now: Date): Promise<void> {
    const { rowCount } = await this.database.durable.query({ ...REQUEST_CANCEL, values: [id, tenant, now] });
    if (rowCount !== 1) throw StaleOperation.at(id, version, fence);
  }

  /** @throws StaleOperation if it has ended meanwhile */
  async proposeResolution(
    { id, current: { tenant }, expected: { version, fence } }: Operation,
    proposed: ProposedResolution,
  ): Promise<void> {
    const values = [id, tenant, JSON.stringify(proposed)];
    const { rowCount } = await this.database.durable.query({ ...PROPOSE_RESOLUTION, values });
    if (rowCount !== 1) throw StaleOperation.at(id, version, fence);
  }

  /** All that it has until now, on every process. @throws OperationNotFound */
  async revokeWatchTokens({ id, tenant }: OperationRef): Promise<void> {
    this.recent.forgetForever(id);
    await this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ generation: number }>({ ...REVOKE_WATCH_TOKENS, values: [id, tenant] });
      if (!rows[0]) throw OperationNotFound.withId(id);
      await announce(tx, { operation: id, generation: rows[0].generation });
    });
  }

  /**
   * Some operations that ended without success before `then` and were not checked since. Postpones them, so that no
   * other process takes them meanwhile.
   */
  async takeUnconfirmed(then: Date, now: Date, most: number): Promise<{ id: string; finishedAt: Date }[]> {
    const values = [then, now, most];
    return (await this.database.durable.query<{ id: string; finishedAt: Date }>({ ...TAKE_UNCONFIRMED, values })).rows;
  }

  /** The provider has answered, or, with `attentionAt`, an operator must find out. */
  async confirm(id: string, attentionAt: Date | null = null): Promise<void> {
    await this.database.durable.query({ ...CONFIRM, values: [id, attentionAt] });
  }

  private async insertAll(batch: Claim[]): Promise<boolean[]> {
    const { leaseId, admitted } = this.lease.offer(batch.map(({ operation }) => operation.current.tenant));
    const now = this.clock.now();
    const claims = batch
      .filter((_, at) => admitted[at])
      .map(({ operation, opening }) => ({ operation: operation.claimedWithItsStart(leaseId, now), opening }));
    const waiting = batch.filter((_, at) => !admitted[at]).map(({ operation }) => operation);
    try {
      const stored = await this.insert(claims, waiting);
      const begun = claims.filter(({ operation }) => stored.has(operation.id));
      for (const { operation } of begun) {
        this.recent.add(operation);
        operation.markStored(null);
      }
      this.lease.begin(begun);
      return batch.map(({ operation }) => stored.has(operation.id));
    } catch (error) {
      // They may be stored if the connection was lost.
      if (!isOfARow(error)) this.lease.abandon(claims.map(({ operation }) => operation.current));
      throw error;
    }
  }

  /** Operations that no local worker claims get a job. */
  private async insert(claims: Claim[], waiting: Operation[]): Promise<Map<string, { id: string }>> {
    const jobs = this.jobs.ofNew(waiting.map(({ current }) => current));
    const jobOf = new Map(jobs.flatMap(({ id, data }) => data.operationIds.map((operationId) => [operationId, id])));
    const operations = [...claims.map(({ operation }) => operation), ...waiting];
    const openings = joined(claims.flatMap(({ opening }) => opening ?? []));
    const add = addWith(openings);
    const rows = operations.map(({ id, current }) => ({ ...current, jobId: jobOf.get(id) ?? current.jobId }));
    const events = operations.flatMap((operation) => operation.events);
    const store = async (added?: JobExpression) => {
      const values = [...(added?.values ?? []), ...addedAs(rows, events.map(eventRowOf)), ...openings.values];
      return byId(
        await this.database.durable.query<{ id: string }>({ ...(added ? withJobs(add, added) : add), values }),
      );
    };
    const stored = await (jobs.length === 0 ? store() : this.queue.enqueueWith(jobs, store));
    this.publish(events, stored);
    return stored;
  }

  private async updateAll(batch: Change[]): Promise<(Changed | undefined)[]> {
    const jobs = jobsFor(batch, this.clock.now().getTime(), this.jobs.portion);
    try {
      const stored = await this.storeChanges(batch, jobs);
      for (const { operation } of batch)
        if (stored.has(operation.id) && !jobs.has(operation.id)) this.recent.change(operation);
        else this.recent.forget(operation.id);
      this.publish(
        batch.flatMap(({ operation }) => operation.events),
        stored,
      );
      return batch.map(({ operation }) => stored.get(operation.id));
    } catch (error) {
      // They may be stored if the connection was lost.
      for (const { operation } of batch) this.recent.forget(operation.id);
      throw error;
    }
  }

  private async storeChanges(batch: Change[], jobs: ReadonlyMap<string, SharedJob>): Promise<Map<string, Changed>> {
    // Sorted by id, so that two batches cannot deadlock.
    const inOrder = [...batch].sort((one, other) => (one.operation.id < other.operation.id ? -1 : 1));
    const rows = inOrder.map(({ operation: { current, expected } }) => ({
      expectedVersion: expected.version,
      expectedFence: expected.fence,
      ...current,
      jobId: jobs.get(current.id)?.jobId ?? current.jobId,
    }));
    const events = batch.flatMap(({ operation }) => operation.events);
    const companions = joined(batch.flatMap(({ companion }) => companion ?? []));
    const values = [...changedAs(rows, events.map(eventRowOf)), ...companions.values];
    const statement = { ...changeWith(companions), values };
    if (jobs.size === 0) return byId(await this.database.durable.query<Changed>(statement));
    return this.database.transaction(async (client) => {
      const changed = byId(await client.query<Changed>(statement));
      await this.queue.enqueue(client, this.jobsOf([...jobs].filter(([id]) => changed.has(id))));
      return changed;
    });
  }

  private jobsOf(given: [id: string, job: SharedJob][]): NewJob<OperationJob>[] {
    const operationIds = new Map<SharedJob, string[]>();
    for (const [id, job] of given) operationIds.set(job, [...(operationIds.get(job) ?? []), id]);
    return [...operationIds].map(([{ jobId, tenant, runAt }, ids]) => this.jobs.ofBegun(jobId, tenant, ids, runAt));
  }

  private publish(events: readonly OperationEvent[], stored: ReadonlyMap<string, unknown>): void {
    const changed = events.filter(({ subject }) => stored.has(subject.id));
    if (changed.length > 0) this.events.publish(new OperationsChanged(changed));
  }
}

interface SharedJob {
  jobId: string;
  tenant: string;
  runAt: Date;
  size: number;
}

/** The job of each operation that will run again; operations of a tenant due at about the same time share one. */
function jobsFor(batch: Change[], now: number, portion: number): Map<string, SharedJob> {
  const shared = new Map<string, SharedJob>();
  const jobs = new Map<string, SharedJob>();
  for (const { operation, runAt: dueAt } of batch) {
    if (!dueAt) continue;
    const { id, tenant } = operation.current;
    const runAt = sharedRunAt(dueAt.getTime(), now);
    const shares = `${tenant} ${runAt}`;
    let job = shared.get(shares);
    if (!job || job.size === portion) job = { jobId: uuidv7(), tenant, runAt: new Date(runAt), size: 0 };
    job.size += 1;
    shared.set(shares, job);
    jobs.set(id, job);
  }
  return jobs;
}

/** A cycle or a bigint in a row's JSON is a TypeError; what is nested too deeply, or no time, is a RangeError. */
const isOfARow = (error: unknown) => error instanceof TypeError || error instanceof RangeError || blamesARow(error);
const byId = <Row extends { id: string }>({ rows }: { rows: Row[] }) => new Map(rows.map((row) => [row.id, row]));

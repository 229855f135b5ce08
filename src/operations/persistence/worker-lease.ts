import { Inject, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { CONFIG, type Config } from '../../config/config.js';
import type { Companion } from '../../database/companion.js';
import { Database } from '../../database/database.js';
import type { Operation } from '../domain/operation.js';
import { HELD_LEASES, OPEN_LEASE, RELEASE_LEASE, RENEW_LEASE, STRAYS } from './worker-lease.sql.js';

/** An operation, and the job or the lease that is responsible for it. */
export interface Responsible {
  id: string;
  jobId: string | null;
}

/** An operation that this process claims for the first time. */
export interface Claim {
  operation: Operation;
  /** The row of its kind that is stored with the claim. */
  opening?: Companion | undefined;
}

/** Runs new operations in the process that accepted them. */
export interface LocalWorker {
  /** Which of these operations it could start at once, by their tenants, in this order. */
  admits(tenants: readonly string[]): boolean[];
  /** Each operation is reported by `ended` or `abandon`. */
  begin(claims: readonly Claim[]): void;
}

export interface LeaseOffer {
  /** Stored in place of a job id. */
  leaseId: string;
  /** For which of the operations. */
  admitted: readonly boolean[];
}

/**
 * Lets a process run the operations that it accepts without the queue. The lease is a row that the worker renews; its
 * operations name the lease in place of a job. If the worker is lost, the lease expires, and another process gives them
 * a job.
 */
@Injectable()
export class WorkerLease {
  private readonly logger = new Logger(WorkerLease.name);
  private worker: LocalWorker | undefined;
  private id: string | undefined;
  /** By this process's monotonic clock, and earlier than the database's expiry. */
  private heldUntil = -Infinity;
  private readonly running = new Set<string>();
  private readonly abandoned = new Map<string, Responsible>();

  constructor(
    private readonly database: Database,
    @Inject(CONFIG.worker) private readonly config: Config['worker'],
  ) {}

  /** Opens a lease; this process then runs what it accepts, as far as its worker has room. */
  async open(worker: LocalWorker): Promise<void> {
    await this.renew();
    this.worker = worker;
  }

  /** Starts nothing more under the lease. */
  close(): void {
    this.worker = undefined;
  }

  /** To new operations of these tenants; to none without a worker in this process, or if the lease may have expired. */
  offer(tenants: readonly string[]): LeaseOffer {
    if (!this.worker || !this.id || performance.now() >= this.heldUntil)
      return { leaseId: '', admitted: tenants.map(() => false) };
    return { leaseId: this.id, admitted: this.worker.admits(tenants) };
  }

  /** Runs operations that are stored and claimed by this process. */
  begin(claims: readonly Claim[]): void {
    if (claims.length === 0) return;
    for (const { operation } of claims) this.running.add(operation.id);
    if (this.worker) this.worker.begin(claims);
    else this.abandon(claims.map(({ operation }) => operation.current));
  }

  ended(operationId: string): void {
    this.running.delete(operationId);
  }

  /** Leaves them to the queue: this process does not continue them, or does not know whether they are stored. */
  abandon(operations: readonly Responsible[]): void {
    for (const { id, jobId } of operations) {
      this.running.delete(id);
      this.abandoned.set(id, { id, jobId });
    }
  }

  takeAbandoned(): Responsible[] {
    const abandoned = [...this.abandoned.values()];
    this.abandoned.clear();
    return abandoned;
  }

  /** Opens another lease if another process has ended this one, for example while this process was suspended. */
  async renew(): Promise<void> {
    const { jobLockMs } = this.config;
    const asked = performance.now();
    if (this.id) {
      const { rowCount } = await this.database.durable.query({ ...RENEW_LEASE, values: [this.id, jobLockMs] });
      if (rowCount !== 1) {
        this.logger.warn({ msg: 'this worker was taken for lost; what it runs runs again elsewhere', lease: this.id });
        this.id = undefined;
      }
    }
    if (!this.id) {
      const id = uuidv7();
      await this.database.durable.query({ ...OPEN_LEASE, values: [id, jobLockMs] });
      this.id = id;
    }
    this.heldUntil = asked + jobLockMs / 2;
  }

  /** Abandons operations under the lease that do not run: their commit came after this process had abandoned them. */
  async abandonStrays(): Promise<void> {
    const values = [this.id, this.config.jobLockMs, [...this.running]];
    const { rows } = await this.database.durable.query<Responsible>({ ...STRAYS, values });
    this.abandon(rows);
  }

  /** Ends the lease after the worker has stopped and its operations have ended or have a job. */
  async release(): Promise<void> {
    if (this.id) await this.database.durable.query({ ...RELEASE_LEASE, values: [this.id] });
    this.id = undefined;
  }

  /** Which of these ids are leases that have not expired. */
  async heldAmong(ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.database.durable.query<{ id: string }>({ ...HELD_LEASES, values: [ids] });
    return rows.map(({ id }) => id);
  }
}

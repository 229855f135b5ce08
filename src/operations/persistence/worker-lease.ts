import { Inject, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { Operation } from '../domain/operation.js';
import { HELD_LEASES, OPEN_LEASE, RELEASE_LEASE, RENEW_LEASE, STRAYS } from './worker-lease.sql.js';

/** An operation, and the job or the lease that is responsible for it. */
export interface Responsible {
  id: string;
  jobId: string | null;
}

/** Runs new operations in the process that accepts them. */
export interface LocalWorker {
  /** How many it could begin at once. */
  room(): number;
  /** Runs claimed operations. Each is reported by `ended` or `abandon`. */
  begin(operations: readonly Operation[]): void;
}

export interface LeaseOffer {
  /** Stands in place of a job's id. */
  leaseId: string;
  /** For so many operations. */
  room: number;
}

const NONE: LeaseOffer = { leaseId: '', room: 0 };

/**
 * What lets a process begin what it has accepted without the way through the queue. The lease is a row that the worker
 * renews while it lives; an operation that it begins names the lease where others name their job. If the worker is
 * lost, the lease expires, and another process gives a job to what it held.
 */
@Injectable()
export class WorkerLease {
  private readonly logger = new Logger(WorkerLease.name);
  private worker: LocalWorker | undefined;
  private id: string | undefined;
  /** By this process's own steady clock, and earlier than the database has it. */
  private heldUntil = -Infinity;
  private readonly running = new Set<string>();
  private readonly abandoned = new Map<string, Responsible>();

  constructor(
    private readonly database: Database,
    @Inject(CONFIG.worker) private readonly config: Config['worker'],
  ) {}

  /** From now on this process begins what it accepts, as far as its worker has room. */
  async open(worker: LocalWorker): Promise<void> {
    await this.renew();
    this.worker = worker;
  }

  /** Nothing more is begun under it. */
  close(): void {
    this.worker = undefined;
  }

  /** No room where no worker lives in this process, or where the lease may have expired. */
  offer(): LeaseOffer {
    if (!this.worker || !this.id || performance.now() >= this.heldUntil) return NONE;
    return { leaseId: this.id, room: this.worker.room() };
  }

  /** They are stored, claimed by this process. */
  begin(operations: readonly Operation[]): void {
    if (operations.length === 0) return;
    for (const { id } of operations) this.running.add(id);
    if (this.worker) this.worker.begin(operations);
    else this.abandon(operations.map(({ current }) => current));
  }

  ended(operationId: string): void {
    this.running.delete(operationId);
  }

  /** This process does not go on with them, or does not know whether they are stored: the queue shall have them. */
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

  /** Where another process has ended the lease, as it does while this one is suspended, another one is opened. */
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

  /** Abandons what stands under the lease and is not run: it was committed after this process had given it up. */
  async abandonStrays(): Promise<void> {
    const values = [this.id, this.config.jobLockMs, [...this.running]];
    const { rows } = await this.database.durable.query<Responsible>({ ...STRAYS, values });
    this.abandon(rows);
  }

  /** The worker has stopped, and what it had begun has ended or has a job. */
  async release(): Promise<void> {
    if (this.id) await this.database.durable.query({ ...RELEASE_LEASE, values: [this.id] });
    this.id = undefined;
  }

  /** Which of these are leases that their workers still hold. */
  async heldAmong(ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.database.durable.query<{ id: string }>({ ...HELD_LEASES, values: [ids] });
    return rows.map(({ id }) => id);
  }
}

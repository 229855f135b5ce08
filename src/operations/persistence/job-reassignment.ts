import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { LONGEST_JOB_LOCK } from '../../config/environment.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/transaction.js';
import { OperationQueue } from '../jobs/operation-queue.js';
import { EXPEDITE, RESCUE } from './operation.sql.js';
import { TenantJobs } from './tenant-jobs.js';
import { type Responsible, WorkerLease } from './worker-lease.js';
import { RESCUE_FROM_LOST_WORKERS } from './worker-lease.sql.js';

/** Makes another job responsible for a stored operation, which then runs it; the former one skips it. */
@Injectable()
export class JobReassignment {
  constructor(
    private readonly database: Database,
    private readonly queue: OperationQueue,
    private readonly jobs: TenantJobs,
    private readonly lease: WorkerLease,
  ) {}

  /** Runs an operation now that waits for its next attempt. False: it is not waiting. */
  async expedite(id: string, now: Date): Promise<boolean> {
    const jobId = uuidv7();
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<{ tenant: string }>({ ...EXPEDITE, values: [id, jobId, now] });
      await this.queue.enqueue(
        client,
        rows.map(({ tenant }) => this.jobs.ofBegun(jobId, tenant, [id])),
      );
      return rows.length === 1;
    });
  }

  /**
   * Makes one new job a tenant for these operations, except those that got another job meanwhile. @returns their ids
   */
  async rescue(operations: readonly Responsible[]): Promise<string[]> {
    const values = [operations.map(({ id }) => id), operations.map((operation) => operation.jobId), uuidv7()];
    return this.database.transaction((client) => this.enqueueFor(client, { ...RESCUE, values }));
  }

  /** Makes one new job a tenant for the operations that this process has abandoned. @returns their ids */
  async handOverAbandoned(): Promise<string[]> {
    const abandoned = this.lease.takeAbandoned();
    if (abandoned.length === 0) return [];
    try {
      return await this.rescue(abandoned);
    } catch (error) {
      this.lease.abandon(abandoned);
      throw error;
    }
  }

  /** Makes one new job a tenant for the operations of lost workers. @returns their ids */
  rescueFromLostWorkers(): Promise<string[]> {
    return this.database.transaction((client) =>
      this.enqueueFor(client, { ...RESCUE_FROM_LOST_WORKERS, values: [uuidv7(), LONGEST_JOB_LOCK] }),
    );
  }

  /** Adds the jobs of the operations that the statement returns. */
  private async enqueueFor(tx: Transaction, statement: pg.QueryConfig): Promise<string[]> {
    const { rows } = await tx.query<{ id: string; tenant: string; jobId: string }>(statement);
    const jobs = new Map<string, { tenant: string; operationIds: string[] }>();
    for (const { id, tenant, jobId } of rows) {
      const job = jobs.get(jobId) ?? { tenant, operationIds: [] };
      job.operationIds.push(id);
      jobs.set(jobId, job);
    }
    await this.queue.enqueue(
      tx,
      [...jobs].map(([jobId, { tenant, operationIds }]) => this.jobs.ofBegun(jobId, tenant, operationIds)),
    );
    return rows.map(({ id }) => id);
  }
}

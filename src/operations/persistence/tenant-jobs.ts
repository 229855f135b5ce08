import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { CONFIG, type Config } from '../../config/config.js';
import type { NewJob } from '../../queue/job-queue.js';
import type { OperationRef } from '../domain/operation.js';
import type { OperationJob } from '../jobs/operation-queue.js';
import { Backlog } from './backlog.js';
import { BATCH_LIMITS } from './batch-limits.js';

/**
 * The jobs of operations: each of one tenant, and in an order that has nobody wait behind another tenant's flood.
 *
 * The order is by levels. A tenant of which little waits is on the first one; each next level is for twice as much. On
 * a level, jobs of begun operations come before those of new ones, and otherwise run as they are added. A tenant that
 * has reached a level stays there until nothing of it waits, so that its own jobs keep their order.
 *
 * A worker runs as many jobs as operations, and takes another job when one has ended. So that a tenant's job does not
 * wait for the last operation of a large one, a job has at most half as many operations as run at once. Where access is
 * open, there is one tenant, one level, and no such limit.
 */
@Injectable()
export class TenantJobs {
  private readonly levels = new Map<string, number>();
  /** Most operations in a job. */
  readonly portion: number;

  constructor(
    private readonly backlog: Backlog,
    @Inject(CONFIG.worker) { concurrency }: Config['worker'],
    @Inject(CONFIG.access) private readonly access: Config['access'],
  ) {
    this.portion = access.isOpen ? BATCH_LIMITS.largest : Math.ceil(concurrency / 2);
  }

  /** Jobs for operations that no worker has claimed yet. */
  ofNew(operations: readonly OperationRef[]): NewJob<OperationJob>[] {
    const open = new Map<string, string[]>();
    const data: (OperationJob & { tenant: string })[] = [];
    for (const { id, tenant } of operations) {
      let operationIds = open.get(tenant);
      if (!operationIds || operationIds.length === this.portion) {
        operationIds = [];
        open.set(tenant, operationIds);
        data.push({ tenant, operationIds, isNew: true });
      }
      operationIds.push(id);
    }
    return data.map((each) => {
      const priority = 2 * this.levelOf(each.tenant) + 1;
      this.backlog.stored(each.tenant, each.operationIds.length);
      return { id: uuidv7(), data: each, priority };
    });
  }

  /** The job for begun operations of one tenant. */
  ofBegun(id: string, tenant: string, operationIds: string[], runAt?: Date): NewJob<OperationJob> {
    return { id, data: { tenant, operationIds }, runAt, priority: 2 * this.levelOf(tenant) };
  }

  private levelOf(tenant: string): number {
    if (this.access.isOpen) return 0;
    const waiting = this.backlog.inQueueOf(tenant);
    if (waiting === 0) this.levels.delete(tenant);
    const level = waiting < this.portion ? 0 : 1 + Math.floor(Math.log2(waiting / this.portion));
    const reached = Math.max(level, this.levels.get(tenant) ?? 0);
    if (reached > 0) this.levels.set(tenant, reached);
    return reached;
  }
}

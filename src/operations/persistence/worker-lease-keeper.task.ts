import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { SECONDS } from '../../time/durations.js';
import { JobReassignment } from './job-reassignment.js';
import { OperationRepository } from './operation.repository.js';
import { WorkerLease } from './worker-lease.js';

/** Keeps this worker's lease, and gives jobs to operations that this or a lost worker began and has abandoned. */
@Injectable()
@Maintenance()
export class WorkerLeaseKeeper implements HasMaintenanceTasks {
  private readonly logger = new Logger(WorkerLeaseKeeper.name);

  constructor(
    private readonly lease: WorkerLease,
    private readonly operations: OperationRepository,
    private readonly jobs: JobReassignment,
    @Inject(CONFIG.worker) private readonly config: Config['worker'],
  ) {}

  tasks(): MaintenanceTask[] {
    const everyMs = Math.ceil(this.config.jobLockMs / 3);
    return [
      { name: 'worker-lease', everyMs, scope: 'node', run: () => this.renew() },
      { name: 'hand-over', everyMs: SECONDS, scope: 'node', run: () => this.handOver() },
      { name: 'lost-workers', everyMs, scope: 'cluster', run: () => this.rescue() },
    ];
  }

  /** After the worker has stopped: gives a job to each operation that has not ended, and ends the lease. */
  async release(): Promise<void> {
    await this.operations.accepted();
    await this.jobs.handOverAbandoned();
    await this.lease.release();
  }

  private async renew(): Promise<void> {
    await this.lease.renew();
    await this.lease.abandonStrays();
  }

  private async handOver(): Promise<void> {
    await this.jobs.handOverAbandoned();
  }

  private async rescue(): Promise<void> {
    const operationIds = await this.jobs.rescueFromLostWorkers();
    if (operationIds.length > 0) this.logger.warn({ msg: 'operations whose worker was lost run again', operationIds });
  }
}

import { JobQueue, QueueBackend } from '../../queue/job-queue.js';

/** BullMQ repeats a failed job until its operations are handled; after the last attempt, the rescue takes over. */
export const OPERATION_QUEUE = { name: 'operations', attempts: 8, keepFailed: 1000 } as const;

/** The operations that a job runs, side by side: all of one tenant. */
export interface OperationJob {
  /** Undefined in a job that a former version added. */
  tenant?: string;
  operationIds: string[];
  /** True if no worker has claimed them before. */
  isNew?: true;
}

/** The jobs that run operations, in the order that TenantJobs gives them. */
export abstract class OperationQueue extends JobQueue<OperationJob> {}

export const operationQueue = {
  provide: OperationQueue,
  inject: [QueueBackend],
  useFactory: (backend: QueueBackend): OperationQueue => backend.open(OPERATION_QUEUE),
};

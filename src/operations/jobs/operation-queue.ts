import { JobQueue, QueueBackend } from '../../queue/job-queue.js';

/** BullMQ repeats a failed job until its operations are handled; after the last attempt, the rescue takes over. */
export const OPERATION_QUEUE = { name: 'operations', attempts: 8, keepFailed: 1000 } as const;

/** The operations that a job runs, side by side. */
export interface OperationJob {
  operationIds: string[];
}

/** The jobs that run operations. Jobs of new operations have low priority: they run after jobs of begun ones. */
export abstract class OperationQueue extends JobQueue<OperationJob> {}

export const operationQueue = {
  provide: OperationQueue,
  inject: [QueueBackend],
  useFactory: (backend: QueueBackend): OperationQueue => backend.open(OPERATION_QUEUE),
};

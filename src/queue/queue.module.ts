import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { type ConnectionOptions, createPostgresBackend, setDefaultBackendFactory } from 'bullmq';
import { Database } from '../database/database.js';
import { OPERATION_QUEUE, OperationQueue } from './operation-queue.js';
import { PatientWorker } from './patient-worker.js';
import { PROVIDER_EVENT_QUEUE, ProviderEventQueue } from './provider-event-queue.js';
import { SleepingJobs } from './sleeping-jobs.js';

// @nestjs/bullmq makes everything on the default backend, and its workers of this class.
setDefaultBackendFactory(createPostgresBackend);
BullModule.workerClass = PatientWorker;

@Global()
@Module({
  imports: [
    ...[OPERATION_QUEUE, PROVIDER_EVENT_QUEUE].map((name) =>
      BullModule.registerQueueAsync({
        name,
        inject: [Database],
        // The backend takes a pg.Pool, and the option's type knows Redis only.
        useFactory: (database: Database) => ({ connection: database.relaxed as unknown as ConnectionOptions }),
      }),
    ),
  ],
  providers: [OperationQueue, ProviderEventQueue, SleepingJobs],
  exports: [OperationQueue, ProviderEventQueue, SleepingJobs],
})
export class QueueModule {}

import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import type { ConnectionOptions } from 'bullmq';
import { QueueBackend } from './job-queue.js';
import { PostgresBackend, PostgresWorker } from './postgres.backend.js';

// @nestjs/bullmq makes the worker of each processor of this class.
BullModule.workerClass = PostgresWorker;

/** Where jobs are kept, and what runs processors. The features that queues serve declare them. */
@Global()
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [QueueBackend],
      // The option's type knows Redis only.
      useFactory: ({ connection }: QueueBackend) => ({ connection: connection as ConnectionOptions }),
    }),
    // Without a queue: it brings what finds the processors.
    BullModule.registerQueue(),
  ],
  providers: [{ provide: QueueBackend, useClass: PostgresBackend }],
  exports: [QueueBackend],
})
export class QueueModule {}

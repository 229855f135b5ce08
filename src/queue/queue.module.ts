import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import type { ConnectionOptions } from 'bullmq';
import { QueueBackend } from './job-queue.js';
import { PostgresBackend, PostgresWorker } from './postgres.backend.js';

// @nestjs/bullmq instantiates this class for each processor.
BullModule.workerClass = PostgresWorker;

/** Provides the queue backend and runs processors. Features declare their queues. */
@Global()
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [QueueBackend],
      // The option's type knows only Redis.
      useFactory: ({ connection }: QueueBackend) => ({ connection: connection as ConnectionOptions }),
    }),
    // Names no queue: this import only registers the explorer that finds processors.
    BullModule.registerQueue(),
  ],
  providers: [{ provide: QueueBackend, useClass: PostgresBackend }],
  exports: [QueueBackend],
})
export class QueueModule {}

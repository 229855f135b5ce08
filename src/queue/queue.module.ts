import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import type { ConnectionOptions } from 'bullmq';
import type { RunningConfig } from '../config/config.js';
import { QueueBackend } from './job-queue.js';
import { PostgresBackend, PostgresWorker } from './postgres.backend.js';

/** Provides the queue backend and runs processors. Features declare their queues. */
@Module({})
export class QueueModule {
  /** On Redis where there is one; otherwise its client is not even loaded. */
  static async for({ urls }: RunningConfig['redis']): Promise<DynamicModule> {
    const onRedis = urls.length > 0 ? await import('./redis.backend.js') : undefined;
    // @nestjs/bullmq instantiates this class for each processor.
    BullModule.workerClass = onRedis?.RedisWorker ?? PostgresWorker;
    return {
      module: QueueModule,
      global: true,
      imports: [
        BullModule.forRootAsync({
          inject: [QueueBackend],
          // The option's type knows only Redis.
          useFactory: ({ connection }: QueueBackend) => ({ connection: connection as ConnectionOptions }),
        }),
        // Names no queue: this import only registers the explorer that finds processors.
        BullModule.registerQueue(),
      ],
      providers: [{ provide: QueueBackend, useClass: onRedis?.RedisBackend ?? PostgresBackend }],
      exports: [QueueBackend],
    };
  }
}

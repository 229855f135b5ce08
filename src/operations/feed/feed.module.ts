import { type DynamicModule, Module } from '@nestjs/common';
import type { RunningConfig } from '../../config/config.js';
import { OperationFeed } from './operation-feed.js';
import { InProcessFeed } from './in-process-feed.js';
import { PostgresFeed } from './postgres-feed.js';
import { CatchUp } from './catch-up.task.js';
import { PublishNoticeWhenOperationChanges } from './publish-notice-when-operation-changes.js';

@Module({})
export class FeedModule {
  static async for(config: Pick<RunningConfig, 'database' | 'redis'>): Promise<DynamicModule> {
    return {
      module: FeedModule,
      global: true,
      providers: [
        { provide: OperationFeed, useClass: await feedFor(config) },
        PublishNoticeWhenOperationChanges,
        CatchUp,
      ],
      exports: [OperationFeed],
    };
  }
}

/** The embedded database belongs to one process. Redis's client is loaded only where there is a Redis. */
async function feedFor({ database, redis }: Pick<RunningConfig, 'database' | 'redis'>) {
  if (redis.urls.length > 0) return (await import('./redis-feed.js')).RedisFeed;
  return database.isShared ? PostgresFeed : InProcessFeed;
}

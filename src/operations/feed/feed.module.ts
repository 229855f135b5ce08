import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { RunningConfig } from '../../config/config.js';
import { OperationFeed } from './operation-feed.js';
import { InProcessFeed } from './in-process-feed.js';
import { PostgresFeed } from './postgres-feed.js';
import { CatchUp } from './catch-up.task.js';
import { PublishNoticeWhenOperationChanges } from './publish-notice-when-operation-changes.js';

@Global()
@Module({})
export class FeedModule {
  /** The embedded database belongs to one process. */
  static for({ isShared }: RunningConfig['database']): DynamicModule {
    return {
      module: FeedModule,
      providers: [
        { provide: OperationFeed, useClass: isShared ? PostgresFeed : InProcessFeed },
        PublishNoticeWhenOperationChanges,
        CatchUp,
      ],
      exports: [OperationFeed],
    };
  }
}

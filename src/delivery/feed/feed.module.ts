import { Global, Module } from '@nestjs/common';
import { OperationFeed } from '../../operations/queries/operation-feed.js';
import { InProcessFeed } from './in-process-feed.js';
import { LookAfterWatchedOperations } from './look-after-watched-operations.js';
import { PublishNoticeWhenOperationChanges } from './publish-notice-when-operation-changes.js';

@Global()
@Module({
  providers: [
    InProcessFeed,
    { provide: OperationFeed, useExisting: InProcessFeed },
    PublishNoticeWhenOperationChanges,
    LookAfterWatchedOperations,
  ],
  exports: [OperationFeed],
})
export class FeedModule {}

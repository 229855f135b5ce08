import { Global, Module } from '@nestjs/common';
import { OperationFeed } from './operation-feed.js';
import { InProcessFeed } from './in-process-feed.js';
import { CatchUp } from './catch-up.task.js';
import { PublishNoticeWhenOperationChanges } from './publish-notice-when-operation-changes.js';

@Global()
@Module({
  providers: [{ provide: OperationFeed, useClass: InProcessFeed }, PublishNoticeWhenOperationChanges, CatchUp],
  exports: [OperationFeed],
})
export class FeedModule {}

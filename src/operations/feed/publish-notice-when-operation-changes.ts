import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { OPERATION_EVENTS, type OperationEvent } from '../domain/events.js';
import { eventViewOf } from '../contract/operation-view.js';
import { InProcessFeed } from './in-process-feed.js';

@EventsHandler(...Object.values(OPERATION_EVENTS))
export class PublishNoticeWhenOperationChanges implements IEventHandler<OperationEvent> {
  constructor(private readonly feed: InProcessFeed) {}

  handle(event: OperationEvent): void {
    const { subject, version } = event;
    if (this.feed.isWatched(subject.id))
      this.feed.publish({ operationId: subject.id, version, event: eventViewOf(subject, event) });
  }
}

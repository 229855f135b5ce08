import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { eventViewOf } from '../contract/operation-view.js';
import { consumeEvents } from '../events/consume-events.js';
import { OperationFeed } from './operation-feed.js';

@Injectable()
export class PublishNoticeWhenOperationChanges {
  constructor(bus: EventBus, feed: OperationFeed) {
    consumeEvents(bus, PublishNoticeWhenOperationChanges.name, (event) => {
      const { subject, version } = event;
      // Only a subscriber of this process can use the event itself.
      const view = feed.isWatched(subject.id) && { event: eventViewOf(subject, event) };
      feed.publish({ operationId: subject.id, version, ...view });
    });
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { type ChangeNotice, OperationFeed, type Subscriber } from './operation-feed.js';

/** The feed of a single process. */
@Injectable()
export class InProcessFeed extends OperationFeed {
  private readonly logger = new Logger(InProcessFeed.name);
  private readonly subscribers = new Map<string, Set<Subscriber>>();

  override publish(notice: ChangeNotice): void {
    for (const subscriber of [...(this.subscribers.get(notice.operationId) ?? [])]) {
      try {
        subscriber(notice);
      } catch (err) {
        this.logger.error({ msg: 'a subscriber of an operation has failed', operationId: notice.operationId, err });
      }
    }
  }

  override subscribe(operationId: string, subscriber: Subscriber): () => void {
    const subscribers = this.subscribers.get(operationId) ?? new Set();
    this.subscribers.set(operationId, subscribers.add(subscriber));
    return () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.subscribers.get(operationId) === subscribers)
        this.subscribers.delete(operationId);
    };
  }

  override get watched(): string[] {
    return [...this.subscribers.keys()];
  }

  override isWatched(operationId: string): boolean {
    return this.subscribers.has(operationId);
  }
}

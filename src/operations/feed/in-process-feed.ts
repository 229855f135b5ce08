import { Injectable } from '@nestjs/common';
import { type ChangeNotice, OperationFeed } from './operation-feed.js';

type Subscriber = (notice: ChangeNotice) => void;

/** The feed of a single process. */
@Injectable()
export class InProcessFeed extends OperationFeed {
  private readonly subscribers = new Map<string, Set<Subscriber>>();

  override subscribe(operationId: string, subscriber: Subscriber): () => void {
    const subscribers = this.subscribers.get(operationId) ?? new Set();
    this.subscribers.set(operationId, subscribers.add(subscriber));
    return () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.subscribers.get(operationId) === subscribers)
        this.subscribers.delete(operationId);
    };
  }

  publish(notice: ChangeNotice): void {
    for (const hear of [...(this.subscribers.get(notice.operationId) ?? [])]) hear(notice);
  }

  isWatched(operationId: string): boolean {
    return this.subscribers.has(operationId);
  }

  get watched(): string[] {
    return [...this.subscribers.keys()];
  }
}

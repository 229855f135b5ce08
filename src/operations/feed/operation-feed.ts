import { Logger } from '@nestjs/common';
import type { OperationEventView } from '../contract/operation-view.js';

/**
 * Says that an operation is at a version. Published after the commit, and may be lost, doubled, late or out of order: a
 * subscriber reads what it has not seen. Within the process the event comes along, which saves that read.
 */
export interface ChangeNotice {
  operationId: string;
  version: number;
  /**
   * Set if the publisher read the operation itself: whether it had ended. Then `version` is the stored one, not an
   * earlier one.
   */
  done?: boolean;
  event?: OperationEventView;
}

export type Subscriber = (notice: ChangeNotice) => void;

/**
 * Port: carries change notices from the process that stored a version to every process that has a subscriber. An
 * implementation says how a notice travels, in one file, and passes test/contracts/feed.ts.
 */
export abstract class OperationFeed {
  private readonly logger = new Logger(OperationFeed.name);
  private readonly subscribers = new Map<string, Set<Subscriber>>();

  /** Called after the commit; `deliver` follows in each process. Returns at once, and never throws. */
  abstract publish(notice: ChangeNotice): void;

  /** @returns how to unsubscribe, which may be called again. */
  subscribe(operationId: string, subscriber: Subscriber): () => void {
    const subscribers = this.subscribers.get(operationId) ?? new Set();
    this.subscribers.set(operationId, subscribers.add(subscriber));
    return () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.subscribers.get(operationId) === subscribers)
        this.subscribers.delete(operationId);
    };
  }

  /** Notifies the subscribers of this process and no other; one that throws harms none of them. */
  deliver(notice: ChangeNotice): void {
    for (const subscriber of [...(this.subscribers.get(notice.operationId) ?? [])]) {
      try {
        subscriber(notice);
      } catch (err) {
        this.logger.error({ msg: 'a subscriber of an operation has failed', operationId: notice.operationId, err });
      }
    }
  }

  /** The operations that have a subscriber in this process. */
  get watched(): string[] {
    return [...this.subscribers.keys()];
  }

  isWatched(operationId: string): boolean {
    return this.subscribers.has(operationId);
  }
}

import { Logger } from '@nestjs/common';
import type { OperationEventView } from '../contract/operation-view.js';

/**
 * Operation X is at version N. Published after the commit; may be lost, duplicated, late or out of order, so a
 * subscriber reads the versions that it has not seen. Within the process, `event` saves that read.
 */
export interface ChangeNotice {
  operationId: string;
  version: number;
  /**
   * Set if the publisher read the operation: whether it had ended. `version` is then the stored one, not an earlier
   * one.
   */
  done?: boolean;
  /** Set if it was read: watch tokens of an earlier generation are revoked. */
  watchGeneration?: number;
  event?: OperationEventView;
}

export type Subscriber = (notice: ChangeNotice) => void;

/**
 * Port: carries change notices from the process that stored a version to every process with a subscriber. An
 * implementation is one file and passes test/contracts/feed.ts.
 */
export abstract class OperationFeed {
  private readonly logger = new Logger(OperationFeed.name);
  private readonly subscribers = new Map<string, Set<Subscriber>>();

  /** Call it after the commit; `deliver` follows in each process. Returns at once and never throws. */
  abstract publish(notice: ChangeNotice): void;

  /** @returns a function that unsubscribes; idempotent. */
  subscribe(operationId: string, subscriber: Subscriber): () => void {
    const subscribers = this.subscribers.get(operationId) ?? new Set();
    this.subscribers.set(operationId, subscribers.add(subscriber));
    return () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.subscribers.get(operationId) === subscribers)
        this.subscribers.delete(operationId);
    };
  }

  /** Notifies the subscribers of this process only. An error in one does not affect the others. */
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

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
 * Port: carries change notices from the process that stored a version to every process that has a subscriber. Each
 * implementation is one file and passes test/contracts/feed.ts.
 */
export abstract class OperationFeed {
  /** Called after the commit. Returns at once, and never throws. */
  abstract publish(notice: ChangeNotice): void;

  /** @returns how to unsubscribe, which may be called again. */
  abstract subscribe(operationId: string, subscriber: Subscriber): () => void;

  /** The operations that have a subscriber in this process. */
  abstract get watched(): string[];

  abstract isWatched(operationId: string): boolean;
}

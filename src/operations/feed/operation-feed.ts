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

/** Where notices are published and subscribed to. InProcessFeed implements it. */
export abstract class OperationFeed {
  /** @returns how to unsubscribe. */
  abstract subscribe(operationId: string, hear: (notice: ChangeNotice) => void): () => void;
}

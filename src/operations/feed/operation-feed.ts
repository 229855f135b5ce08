import type { OperationEventView } from '../contract/operation-view.js';

/**
 * News that an operation is at a version. It is rung after the commit, and may be lost, doubled, late or out of order:
 * who hears it reads what it has not seen. Within the process the event comes along, which saves that reading.
 */
export interface ChangeNotice {
  operationId: string;
  version: number;
  /**
   * Whether it had ended, where the operation itself was read: then `version` is no news of some time ago, but what is
   * stored.
   */
  done?: boolean;
  event?: OperationEventView;
}

/** Where notices are rung and heard. Implemented in delivery/feed. */
export abstract class OperationFeed {
  /** @returns how to stop listening. */
  abstract subscribe(operationId: string, hear: (notice: ChangeNotice) => void): () => void;
}

import type { EnteredMovement } from './ledger-entries.js';

/** The idempotency key of an operation's movement. A reversal may void and then refund, which are two calls. */
export const keyOf = ({ operationId, type }: Pick<EnteredMovement, 'operationId' | 'type'>): string =>
  `${operationId}:${type}`;

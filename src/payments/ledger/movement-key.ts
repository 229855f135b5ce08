import type { EnteredMovement } from './payment-ledger.js';

/**
 * The key under which an operation's movement goes to the provider. A reversal may void and then refund, which are two
 * calls.
 */
export const keyOf = ({ operationId, type }: Pick<EnteredMovement, 'operationId' | 'type'>): string =>
  `${operationId}:${type}`;

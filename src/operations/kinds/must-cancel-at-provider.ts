import type { Operation } from '../domain/operation.js';
import type { OperationKind } from './operation-kind.js';

/**
 * True while the customer may still act at the provider: the operation must be canceled there before it ends as
 * canceled or expired.
 */
export const mustCancelAtProvider = ({ status }: Operation, { handler }: { handler: OperationKind }): boolean =>
  status === 'requires_action' && handler.cancel !== undefined;

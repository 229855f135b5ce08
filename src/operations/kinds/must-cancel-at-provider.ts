import type { Operation } from '../domain/operation.js';
import type { OperationKind } from './operation-kind.js';

/**
 * Whether it may end as canceled or expired only once it is canceled at the provider, where the customer may still act.
 */
export const mustCancelAtProvider = ({ status }: Operation, { handler }: { handler: OperationKind }): boolean =>
  status === 'requires_action' && handler.cancel !== undefined;

import type { Caller } from '../../access/caller.js';
import type { OperationRef } from '../domain/operation.js';

/** An operation as this caller names it. With a watch token, it exists only while its tokens are not revoked. */
export const refOf = ({ tenant, watchGeneration: generation }: Caller, id: string): OperationRef => ({
  tenant,
  id,
  generation,
});

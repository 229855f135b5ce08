import { z } from 'zod';
import { operationId } from '../operations/contract/operation.contract.js';

/** A token is as long as a header that carries it may be. */
const LONGEST_TOKEN = 8 * 1024;

const token = z
  .string()
  .max(LONGEST_TOKEN)
  .optional()
  .meta({ description: 'Credentials for this operation alone; without them, those of the connection count.' });

export const joinMessage = z.strictObject({
  operationId,
  /** The last version that the client has seen; 0 if none. */
  afterVersion: z.int().min(0).max(2_147_483_647).default(0),
  token,
});

/** Goes on in a room with the next token: nothing is left, read or sent again. */
export const renewMessage = z.strictObject({ operationId, token });

export const leaveMessage = z.strictObject({ operationId });

/** To a client whose credentials no longer show an operation: it may join again with others, from its last version. */
export const leftMessage = z.object({ operationId, reason: z.enum(['token_expired', 'token_revoked']) });

/** A minute before that: time to renew. */
export const expiringMessage = z.object({ operationId, expiresAt: z.iso.datetime() });

export type Expiring = z.output<typeof expiringMessage>;
export type Left = z.output<typeof leftMessage>;

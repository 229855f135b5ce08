import { statement } from '../../database/statement.js';

/** The statements of keys, which run off the hot path: a process remembers a key for seconds. */

const COLUMNS = `k.id, k.tenant, t.name AS "tenantName", k.mode, k.scopes, k.owner, k.created_by AS "createdBy",
  k.created_at AS "createdAt", k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt",
  k.last_used_at AS "lastUsedAt"`;

const WITH_TENANT = 'api_key AS k JOIN tenant AS t ON t.id = k.tenant';

/** What verifying needs. $1: the id. */
export const FIND_FOR_VERIFYING = statement(
  'key-find-for-verifying',
  `
SELECT k.id, k.tenant, k.owner, k.hash, k.scopes, k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt",
  greatest(k.tokens_valid_after, t.tokens_valid_after) AS "tokensValidAfter"
FROM ${WITH_TENANT} WHERE k.id = $1`,
);

/** $1: the id; $2: the time. */
export const NOTE_USE = statement(
  'key-note-use',
  `
UPDATE api_key SET last_used_at = $2
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')`,
);

export const INSERT = statement(
  'key-insert',
  `
INSERT INTO api_key (id, tenant, hash, mode, scopes, owner, created_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

/** $1: the id; $2: the only tenant that it may be of, or null. */
export const FIND = statement(
  'key-find',
  `SELECT ${COLUMNS} FROM ${WITH_TENANT} WHERE k.id = $1 AND ($2::uuid IS NULL OR k.tenant = $2) FOR UPDATE OF k`,
);

/**
 * Newest first, after the key $2. $1: the tenant, or null for all; $3: the most. For one tenant, the role that reads
 * runs it itself.
 */
export const LIST = statement(
  'key-list',
  `
SELECT ${COLUMNS} FROM ${WITH_TENANT}
WHERE ($1::uuid IS NULL OR k.tenant = $1)
  AND ($2::text IS NULL OR (k.created_at, k.id) < (SELECT created_at, id FROM api_key WHERE id = $2))
ORDER BY k.created_at DESC, k.id DESC LIMIT $3`,
);

/** $1: the id; $2: the time. */
export const REVOKE = statement(
  'key-revoke',
  `
UPDATE api_key SET revoked_at = $2, tokens_valid_after = $2 WHERE id = $1 AND revoked_at IS NULL`,
);

/** $1: the id; $2: the time. Returns the tenant. */
export const REVOKE_TOKENS = statement(
  'key-revoke-tokens',
  `
UPDATE api_key SET tokens_valid_after = greatest(tokens_valid_after, $2::timestamptz) WHERE id = $1 RETURNING tenant`,
);

/** $1: the id; $2: the latest end. */
export const END_BY = statement('key-end-by', 'UPDATE api_key SET expires_at = least(expires_at, $2) WHERE id = $1');

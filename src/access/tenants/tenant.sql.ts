import { statement } from '../../database/statement.js';

export const FIND_TENANT = statement('tenant-find', 'SELECT id, name FROM tenant WHERE name = $1');

/** What verifying tokens needs that no key has made. $1: the id. */
export const FIND_TENANT_FOR_VERIFYING = statement(
  'tenant-find-for-verifying',
  'SELECT tokens_valid_after AS "tokensValidAfter" FROM tenant WHERE id = $1',
);

/** $1: the id; $2: its name if it has no row; $3: the time. */
export const REVOKE_TOKENS_OF_TENANT = statement(
  'tenant-revoke-tokens',
  `
INSERT INTO tenant (id, name, created_at, tokens_valid_after) VALUES ($1, $2, $3, $3)
ON CONFLICT (id) DO UPDATE
SET tokens_valid_after = greatest(tenant.tokens_valid_after, excluded.tokens_valid_after)`,
);

export const LIST_TENANTS = statement('tenant-list', 'SELECT id, name FROM tenant ORDER BY name');

export const INSERT_TENANT = statement(
  'tenant-insert',
  'INSERT INTO tenant (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING',
);

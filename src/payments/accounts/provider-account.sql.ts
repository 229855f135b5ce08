import { statement } from '../../database/statement.js';

/** The statements of provider accounts. */

const ACCOUNT = `id, tenant, provider, name, created_at AS "createdAt", updated_at AS "updatedAt",
  disabled_at AS "disabledAt"`;

export const ACCOUNT_BY_ID = statement(
  'provider-account-by-id',
  'SELECT id, tenant, provider, credentials FROM provider_account WHERE id = $1',
);

export const ACCOUNT_IN_USE = statement(
  'provider-account-in-use',
  'SELECT id FROM provider_account WHERE tenant = $1 AND provider = $2 AND disabled_at IS NULL',
);

/** Those too that are disabled: what has begun there is still compared. */
export const ACCOUNT_IDS = statement('provider-account-ids', 'SELECT id FROM provider_account ORDER BY id');

export const LIST_ACCOUNTS = statement(
  'provider-account-list',
  `
SELECT account.*, tenant.name AS "tenantName" FROM (SELECT ${ACCOUNT} FROM provider_account) AS account
LEFT JOIN tenant ON tenant.id = account.tenant
WHERE $1::uuid IS NULL OR account.tenant = $1 ORDER BY "tenantName", account."createdAt"`,
);

/** Returns nothing if the tenant has one in use. */
export const INSERT_ACCOUNT = statement(
  'provider-account-insert',
  `
INSERT INTO provider_account (id, tenant, provider, name, credentials, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (tenant, provider) WHERE disabled_at IS NULL DO NOTHING RETURNING id`,
);

/** Returns nothing if it was disabled. */
export const UPDATE_ACCOUNT = statement(
  'provider-account-update',
  `
UPDATE provider_account SET name = coalesce($2, name), credentials = $3, updated_at = $4
WHERE id = $1 AND disabled_at IS NULL RETURNING id`,
);

export const DISABLE_ACCOUNT = statement(
  'provider-account-disable',
  `UPDATE provider_account SET disabled_at = $2, updated_at = $2 WHERE id = $1 AND disabled_at IS NULL
    RETURNING id`,
);

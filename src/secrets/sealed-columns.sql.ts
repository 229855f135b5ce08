import { statement } from '../database/statement.js';

/** Every column with secrets that the service reads again. Their tables have a tenant and an id. */
const COLUMNS = [
  { table: 'provider_account', column: 'credentials' },
  { table: 'webhook_endpoint', column: 'secret' },
  { table: 'webhook_endpoint', column: 'previous_secret' },
] as const;

export const PAGE = 500;

export const KEYS_IN_USE = statement(
  'secret-keys-in-use',
  COLUMNS.map(
    ({ table, column }) =>
      `SELECT split_part(${column}, '.', 3) AS "keyId" FROM ${table} WHERE ${column} LIKE 'sealed.1.%'`,
  ).join('\nUNION\n'),
);

export const SEALED_COLUMNS = COLUMNS.map(({ table, column }) => ({
  table,
  column,
  /** A page after the id $1. */
  page: statement(
    `secret-page-of-${table}-${column}`,
    `SELECT id::text, tenant, ${column} AS stored FROM ${table} WHERE id::text > $1 AND ${column} IS NOT NULL
      ORDER BY id::text LIMIT ${PAGE}`,
  ),
  /** Unless somebody has changed it meanwhile, who used the newest key. */
  update: statement(
    `secret-update-of-${table}-${column}`,
    `UPDATE ${table} SET ${column} = $3 WHERE id::text = $1 AND ${column} = $2`,
  ),
}));

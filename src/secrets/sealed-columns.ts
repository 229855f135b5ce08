import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database.js';
import { SealedSecrets } from './sealed-secrets.js';

/** Every column with secrets that the service reads again. Their tables have a tenant and an id. */
const COLUMNS = [
  { table: 'provider_account', column: 'credentials' },
  { table: 'webhook_endpoint', column: 'secret' },
  { table: 'webhook_endpoint', column: 'previous_secret' },
] as const;

const KEYS_IN_USE = {
  name: 'secret-keys-in-use',
  text: COLUMNS.map(
    ({ table, column }) =>
      `SELECT split_part(${column}, '.', 3) AS "keyId" FROM ${table} WHERE ${column} LIKE 'sealed.1.%'`,
  ).join('\nUNION\n'),
};

const PAGE = 500;

/** Secrets are stored under keys that CREDENTIAL_KEYS does not have. */
export class SecretKeysMissing extends Error {
  static named(keyIds: readonly string[]): SecretKeysMissing {
    return new SecretKeysMissing(
      `The database has secrets that are encrypted under ${keyIds.map((id) => `"${id}"`).join(', ')}, which ` +
        'CREDENTIAL_KEYS does not have: without, payments cannot reach their provider and webhooks cannot be signed. ' +
        'Add the key, also if another one encrypts by now; after `npm run accounts -- rotate` it may go.',
    );
  }
}

/** Keeps all stored secrets readable: refuses to start without a key in use, and re-encrypts under the newest one. */
@Injectable()
export class SealedColumns implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly secrets: SealedSecrets,
  ) {}

  /** @throws SecretKeysMissing */
  async onApplicationBootstrap(): Promise<void> {
    const { rows } = await this.database.durable.query<{ keyId: string }>(KEYS_IN_USE);
    const missing = this.secrets.missingAmong(rows.map(({ keyId }) => keyId));
    if (missing.length > 0) throw SecretKeysMissing.named(missing);
  }

  /** Encrypts each secret under the newest key, also those stored without one. @returns how many */
  async reseal(): Promise<number> {
    let changed = 0;
    for (const each of COLUMNS) changed += await this.resealColumn(each);
    return changed;
  }

  private async resealColumn({ table, column }: (typeof COLUMNS)[number]): Promise<number> {
    let changed = 0;
    for (let after = ''; ;) {
      const { rows } = await this.database.durable.query<{ id: string; tenant: string; stored: string }>(
        `SELECT id::text, tenant, ${column} AS stored FROM ${table} WHERE id::text > $1 AND ${column} IS NOT NULL
          ORDER BY id::text LIMIT ${PAGE}`,
        [after],
      );
      for (const { id, tenant, stored } of rows.filter((row) => !this.secrets.isNewest(row.stored))) {
        const place = { table, column, tenant, id };
        const resealed = this.secrets.seal(this.secrets.open(stored, place), place);
        // Unless somebody has changed it meanwhile, who used the newest key.
        const update = `UPDATE ${table} SET ${column} = $3 WHERE id::text = $1 AND ${column} = $2`;
        const { rowCount } = await this.database.durable.query(update, [id, stored, resealed]);
        changed += rowCount ?? 0;
      }
      if (rows.length < PAGE) return changed;
      after = rows.at(-1)?.id ?? '';
    }
  }
}

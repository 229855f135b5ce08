import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database.js';
import { OperatorError } from '../errors/operator-error.js';
import { KEYS_IN_USE, PAGE, SEALED_COLUMNS } from './sealed-columns.sql.js';
import { SealedSecrets } from './sealed-secrets.js';

/** Secrets are stored under keys that CREDENTIAL_KEYS does not have. */
export class SecretKeysMissing extends OperatorError {
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
    for (const each of SEALED_COLUMNS) changed += await this.resealColumn(each);
    return changed;
  }

  private async resealColumn({ table, column, page, update }: (typeof SEALED_COLUMNS)[number]): Promise<number> {
    let changed = 0;
    for (let after = ''; ;) {
      const { rows } = await this.database.durable.query<{ id: string; tenant: string; stored: string }>({
        ...page,
        values: [after],
      });
      for (const { id, tenant, stored } of rows.filter((row) => !this.secrets.isNewest(row.stored))) {
        const place = { table, column, tenant, id };
        const resealed = this.secrets.seal(this.secrets.open(stored, place), place);
        const { rowCount } = await this.database.durable.query({ ...update, values: [id, stored, resealed] });
        changed += rowCount ?? 0;
      }
      if (rows.length < PAGE) return changed;
      after = rows.at(-1)?.id ?? '';
    }
  }
}

import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { announce } from '../access-changes.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { REVOKE_TOKENS_OF_TENANT } from '../tenants/tenant.sql.js';
import type { Tenant } from '../tenants/tenants.js';
import { ApiKeyNotFound } from './api-key-errors.js';
import { REVOKE_TOKENS } from './api-key.sql.js';
import type { KeyManager } from './api-keys.js';

/**
 * Ends the start and watch tokens that exist now, of a key or of a tenant, and what is followed with them; the keys go
 * on. A token tells its time in seconds, so that those made in the same second end as well.
 */
@Injectable()
export class TokenRevocations {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws ApiKeyNotFound */
  ofKey(id: string, by: KeyManager): Promise<void> {
    return this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ tenant: string }>({ ...REVOKE_TOKENS, values: [id, this.clock.now()] });
      if (!rows[0]) throw ApiKeyNotFound.withId(id);
      await announce(tx, { key: id });
      const { tenant } = rows[0];
      await this.trail.record({ ...by, tenant }, { action: 'key.tokens_revoked', subject: `key ${id}` }, tx);
    });
  }

  /** Also of a tenant without a row, which only JWT_TENANTS names. */
  ofTenant({ id, name }: Tenant, by: KeyManager): Promise<void> {
    return this.database.transaction(async (tx) => {
      await tx.query({ ...REVOKE_TOKENS_OF_TENANT, values: [id, name, this.clock.now()] });
      await announce(tx, { tenant: id });
      const act = { action: 'tenant.tokens_revoked', subject: `tenant ${name}` } as const;
      await this.trail.record({ ...by, tenant: id }, act, tx);
    });
  }
}

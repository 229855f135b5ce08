import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { RememberedReads } from '../../database/remembered-reads.js';
import { AccessChanges } from '../access-changes.js';
import { FIND_TENANT_FOR_VERIFYING } from '../tenants/tenant.sql.js';
import { MOST_REMEMBERED, REMEMBERED_FOR } from './known-keys.js';

/** The tenants of tokens that no API key has made; for others, the key is asked. Remembered as keys are. */
@Injectable()
export class KnownTenants {
  private readonly known = new RememberedReads<Date | null>({ max: MOST_REMEMBERED, ttl: REMEMBERED_FOR });

  constructor(
    private readonly database: Database,
    changes: AccessChanges,
  ) {
    changes.seen.subscribe((change) => {
      if ('tenant' in change) this.known.forget(change.tenant);
    });
    changes.missed.subscribe(() => this.known.forgetAll());
  }

  /** Tokens of the tenant from before are revoked; null if none are, as for a tenant that only JWT_TENANTS names. */
  tokensValidAfter(tenant: string): Promise<Date | null> {
    return this.known.get(tenant, () => this.read(tenant));
  }

  private async read(tenant: string): Promise<Date | null> {
    const { rows } = await this.database.durable.query<{ tokensValidAfter: Date | null }>({
      ...FIND_TENANT_FOR_VERIFYING,
      values: [tenant],
    });
    return rows[0]?.tokensValidAfter ?? null;
  }
}

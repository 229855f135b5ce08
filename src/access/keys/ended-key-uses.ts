import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Database } from '../../database/database.js';
import { HOURS } from '../../time/durations.js';
import { AuditTrail } from '../audit/audit-trail.js';

/** The key itself was presented: who only knows its id writes nothing. */
interface EndedKey {
  id: string;
  tenant: string;
}

/**
 * Writes down that somebody still uses a key that has ended: an old program, or who has stolen it. Once an hour
 * for each key and process. The answer does not wait for it.
 */
@Injectable()
export class EndedKeyUses {
  private readonly logger = new Logger(EndedKeyUses.name);
  private readonly recent = new LRUCache<string, true>({ max: 10_000, ttl: 1 * HOURS });

  constructor(
    private readonly trail: AuditTrail,
    private readonly database: Database,
  ) {}

  note({ id, tenant }: EndedKey, reason: 'revoked' | 'expired'): void {
    if (this.recent.has(id)) return;
    this.recent.set(id, true);
    const code = reason === 'revoked' ? 'credentials_invalid' : 'credentials_expired';
    const act = { action: 'access.refused', subject: `key ${id}`, detail: { code, reason } } as const;
    this.trail
      .record({ tenant, name: `key ${id}` }, act, this.database.relaxed)
      .catch((err: unknown) => this.logger.error({ msg: 'the use of an ended key is not audited', keyId: id, err }));
  }
}

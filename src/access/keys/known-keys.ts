import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { RememberedReads } from '../../database/remembered-reads.js';
import { MINUTES, SECONDS } from '../../time/durations.js';
import { AccessChanges } from '../access-changes.js';
import { type GrantedScope, isScopeForKeys } from '../scopes.js';
import { FIND_FOR_VERIFYING, NOTE_USE } from './api-key.sql.js';

/** So late a revocation is obeyed whose notice was lost. */
export const REMEMBERED_FOR = 5 * SECONDS;
const USE_NOTED_EVERY = 1 * MINUTES;
export const MOST_REMEMBERED = 10_000;

export interface KnownKey {
  id: string;
  tenant: string;
  owner: string;
  hash: Buffer;
  scopes: ReadonlySet<GrantedScope>;
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** Tokens that were made with it, or for its tenant, before are revoked. */
  tokensValidAfter: Date | null;
}

type StoredKey = Omit<KnownKey, 'scopes'> & { scopes: GrantedScope[] };

/**
 * The keys in use, remembered for seconds, so that a request costs no read. Ids that do not exist are remembered apart,
 * and so cannot push out keys that do.
 */
@Injectable()
export class KnownKeys {
  private readonly logger = new Logger(KnownKeys.name);
  private readonly known = new RememberedReads<KnownKey | undefined>({
    max: MOST_REMEMBERED,
    ttl: REMEMBERED_FOR,
    isForgotten: (key) => key === undefined,
  });
  private readonly unknown = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: REMEMBERED_FOR });
  private readonly noted = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: USE_NOTED_EVERY });

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    changes: AccessChanges,
  ) {
    changes.seen.subscribe((change) => {
      // A tenant's keys are not looked for: it happens seldom, and a read brings each back.
      if ('key' in change) this.known.forget(change.key);
      else if ('tenant' in change) this.known.forgetAll();
    });
    changes.missed.subscribe(() => this.known.forgetAll());
  }

  async find(id: string): Promise<KnownKey | undefined> {
    if (this.unknown.has(id)) return undefined;
    const key = await this.known.get(id, () => this.read(id));
    if (!key) this.unknown.set(id, true);
    return key;
  }

  /** At most once a minute; lost if the database is away. */
  noteUse(id: string): void {
    if (this.noted.has(id)) return;
    this.noted.set(id, true);
    this.database.relaxed
      .query({ ...NOTE_USE, values: [id, this.clock.now()] })
      .catch((err: unknown) => this.logger.warn({ msg: 'the use of a key could not be noted', keyId: id, err }));
  }

  private async read(id: string): Promise<KnownKey | undefined> {
    const { rows } = await this.database.durable.query<StoredKey>({ ...FIND_FOR_VERIFYING, values: [id] });
    return rows[0] && { ...rows[0], scopes: new Set(rows[0].scopes.filter(isScopeForKeys)) };
  }
}

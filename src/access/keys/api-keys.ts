import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { TenantReads } from '../../database/tenant-reads.js';
import type { Transaction } from '../../database/transaction.js';
import { DAYS, SECONDS } from '../../time/durations.js';
import { announce } from '../access-changes.js';
import { AuditTrail, type AuditedAct } from '../audit/audit-trail.js';
import type { GrantedScope } from '../scopes.js';
import { hashOf, type KeyMode, mintApiKey } from './api-key.js';
import { ApiKeyEnded, ApiKeyNotFound } from './api-key-errors.js';
import { END_BY, FIND, INSERT, LIST, REVOKE } from './api-key.sql.js';

/** The longest time that a key may be given; without one, it does not end. */
export const LONGEST_LIFE = 3650 * DAYS;
export const LONGEST_OVERLAP = 30 * DAYS;
export const USUAL_OVERLAP = 1 * DAYS;

/** What people see of a key. */
export interface ApiKeyRecord {
  id: string;
  tenant: string;
  tenantName: string;
  mode: KeyMode;
  scopes: GrantedScope[];
  owner: string;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

export interface NewApiKey {
  tenant: string;
  mode: KeyMode;
  scopes: readonly GrantedScope[];
  owner: string;
  /** In milliseconds; null: it does not end. */
  expiresInMs: number | null;
}

/** Who changes keys, and of which tenant; without one, of all. */
export interface KeyManager {
  name: string;
  tenant?: string | undefined;
  requestId?: string | undefined;
}

/** The only place where a key itself is known to the service. */
export interface ShownOnce {
  record: ApiKeyRecord;
  key: string;
}

/** The API keys as people manage them, by HTTP and on the command line. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly database: Database,
    private readonly reads: TenantReads,
    private readonly clock: Clock,
    private readonly trail: AuditTrail,
  ) {}

  create(given: NewApiKey, by: KeyManager): Promise<ShownOnce> {
    return this.database.transaction(async (tx) => {
      const made = await this.insert(tx, given, by);
      const { scopes, owner, expiresAt } = made.record;
      await this.note(tx, by, made.record, 'key.created', { scopes, owner, expiresAt });
      return made;
    });
  }

  /** Newest first. @param after the last key of the page before */
  async list(tenant: string | undefined, limit: number, after?: string): Promise<ApiKeyRecord[]> {
    const values = [tenant ?? null, after ?? null, limit];
    if (tenant !== undefined)
      return this.reads.withTenant(tenant, (manager) => manager.query<ApiKeyRecord[]>(LIST.body, values));
    const { rows } = await this.database.durable.query<ApiKeyRecord>({ ...LIST, values });
    return rows;
  }

  /**
   * Makes a key like it. The former one goes on for `overlapMs`, and is revoked at once for 0.
   * @throws ApiKeyNotFound, ApiKeyEnded
   */
  roll(id: string, overlapMs: number, by: KeyManager): Promise<ShownOnce & { former: ApiKeyRecord }> {
    return this.database.transaction(async (tx) => {
      const { createdAt, expiresAt, ...former } = await this.find(tx, id, by);
      const now = this.clock.now();
      if (former.revokedAt || (expiresAt && expiresAt <= now)) throw ApiKeyEnded.withId(id);
      const expiresInMs = expiresAt && expiresAt.getTime() - createdAt.getTime();
      const made = await this.insert(tx, { ...former, expiresInMs }, by);
      await (overlapMs === 0
        ? tx.query({ ...REVOKE, values: [id, now] })
        : tx.query({ ...END_BY, values: [id, this.clock.fromNow(overlapMs)] }));
      await announce(tx, { key: id });
      await this.note(tx, by, { id, tenant: former.tenant }, 'key.rolled', {
        successor: made.record.id,
        overlapSeconds: overlapMs / SECONDS,
      });
      return { ...made, former: await this.find(tx, id, by) };
    });
  }

  /** With the tokens that it has made. Idempotent. @throws ApiKeyNotFound */
  revoke(id: string, by: KeyManager): Promise<ApiKeyRecord> {
    return this.database.transaction(async (tx) => {
      const found = await this.find(tx, id, by);
      if (found.revokedAt) return found;
      await tx.query({ ...REVOKE, values: [id, this.clock.now()] });
      await announce(tx, { key: id });
      await this.note(tx, by, found, 'key.revoked');
      return this.find(tx, id, by);
    });
  }

  private async insert(tx: Transaction, given: NewApiKey, by: KeyManager): Promise<ShownOnce> {
    const { tenant, mode, scopes, owner, expiresInMs } = given;
    const key = mintApiKey(mode);
    const expiresAt = expiresInMs === null ? null : this.clock.fromNow(expiresInMs);
    const values = [key.id, tenant, hashOf(key), mode, scopes, owner, by.name, this.clock.now(), expiresAt];
    await tx.query({ ...INSERT, values });
    return { record: await this.find(tx, key.id, by), key: key.text };
  }

  private note(
    tx: Transaction,
    by: KeyManager,
    { id, tenant }: Pick<ApiKeyRecord, 'id' | 'tenant'>,
    action: AuditedAct['action'],
    detail?: AuditedAct['detail'],
  ): Promise<void> {
    return this.trail.record({ ...by, tenant }, { action, subject: `key ${id}`, ...(detail && { detail }) }, tx);
  }

  /** Locked until the transaction ends. */
  private async find(tx: Transaction, id: string, { tenant }: KeyManager): Promise<ApiKeyRecord> {
    const { rows } = await tx.query<ApiKeyRecord>({ ...FIND, values: [id, tenant ?? null] });
    if (!rows[0]) throw ApiKeyNotFound.withId(id);
    return rows[0];
  }
}

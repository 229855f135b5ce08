import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { CredentialsExpired, CredentialsInvalid } from '../access-errors.js';
import type { Caller } from '../caller.js';
import { KnownKeys } from './known-keys.js';
import { KnownTenants } from './known-tenants.js';

/** Why somebody who was let in must leave. */
export type LeftReason = 'token_expired' | 'token_revoked';

/** What a room, a stream or a waiting request remembers of its caller. */
export type Reader = Pick<Caller, 'tenant' | 'expiresAt' | 'madeBy' | 'watchGeneration'>;

/** Whether those who were let in by an API key, or by a token of the service, may stay. */
@Injectable()
export class KeyStanding {
  constructor(
    private readonly keys: KnownKeys,
    private readonly tenants: KnownTenants,
    private readonly clock: Clock,
  ) {}

  /** Undefined while it may stay. Costs no statement while the key, or the tenant, is remembered. */
  async whyLeave({ tenant, expiresAt, madeBy }: Reader): Promise<LeftReason | undefined> {
    const now = this.clock.now();
    if (expiresAt && expiresAt <= now) return 'token_expired';
    if (!madeBy) return undefined;
    if (madeBy.key === undefined) return revokedIf(madeBy.at, await this.tenants.tokensValidAfter(tenant));
    const key = await this.keys.find(madeBy.key);
    if (!key) return 'token_revoked';
    if (madeBy.at) return revokedIf(madeBy.at, key.tokensValidAfter);
    if (key.revokedAt) return 'token_revoked';
    return key.expiresAt && key.expiresAt <= now ? 'token_expired' : undefined;
  }

  /** @throws CredentialsExpired, CredentialsInvalid */
  async expect(reader: Reader): Promise<void> {
    const reason = await this.whyLeave(reader);
    if (reason) throw leftError(reason, reader);
  }
}

const revokedIf = (madeAt: Date, validAfter: Date | null): LeftReason | undefined =>
  validAfter && madeAt < validAfter ? 'token_revoked' : undefined;

export const leftError = (reason: LeftReason, { expiresAt }: Reader): CredentialsExpired | CredentialsInvalid =>
  reason === 'token_expired' && expiresAt ? CredentialsExpired.at(expiresAt) : CredentialsInvalid.revoked();

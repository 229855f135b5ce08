import { Logger } from '@nestjs/common';
import type { createLocalJWKSet, JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { DAYS, MINUTES, SECONDS } from '../../time/durations.js';
import { IdentityProviderUnavailable } from '../access-errors.js';

/** After this long the provider is asked again, so that a key that it withdraws is no longer accepted. */
const FRESH = 10 * MINUTES;
/** While the provider is away, its last keys count for this long. */
const KEPT = 1 * DAYS;
/** Anybody can send a token with an unknown `kid`: it makes the service ask no more often than this. */
const COOLDOWN = 30 * SECONDS;
const COOLDOWN_WITHOUT_KEYS = 2 * SECONDS;

/** The public keys of the identity provider, asked for when they are needed. */
export class KeySet {
  private readonly logger = new Logger(KeySet.name);
  private keys: ReturnType<typeof createLocalJWKSet> | undefined;
  private loadedAt = -Infinity;
  private askedAt = -Infinity;
  private asking: Promise<void> | undefined;
  private isAway = false;
  /** Grows with each set that was loaded: what an earlier set has proven may be proven no longer. */
  generation = 0;

  constructor(
    private readonly load: () => Promise<JSONWebKeySet>,
    private readonly now = () => performance.now(),
  ) {}

  /** @throws IdentityProviderUnavailable, and as jose's createLocalJWKSet */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (this.now() - this.loadedAt > FRESH) await this.ask();
    const { errors } = await import('jose');
    try {
      return await this.usable()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.ask();
      if (this.isAway) throw IdentityProviderUnavailable.now();
      return this.usable()(header, token);
    }
  };

  private usable() {
    if (!this.keys || this.now() - this.loadedAt > KEPT) throw IdentityProviderUnavailable.now();
    return this.keys;
  }

  private async ask(): Promise<void> {
    const cooldown = this.keys ? COOLDOWN : COOLDOWN_WITHOUT_KEYS;
    if (!this.asking && this.now() - this.askedAt < cooldown) return;
    await (this.asking ??= this.reload().finally(() => (this.asking = undefined)));
  }

  private async reload(): Promise<void> {
    this.askedAt = this.now();
    try {
      const { createLocalJWKSet } = await import('jose');
      this.keys = createLocalJWKSet(await this.load());
      this.loadedAt = this.now();
      this.generation += 1;
      this.isAway = false;
    } catch (err) {
      this.isAway = true;
      this.logger.warn({ msg: 'the keys of JWT_JWKS_URL could not be loaded', hasEarlierKeys: !!this.keys, err });
    }
  }
}

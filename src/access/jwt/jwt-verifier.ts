import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { DomainError } from '../../errors/domain-error.js';
import { MINUTES, SECONDS } from '../../time/durations.js';
import { CredentialsExpired, CredentialsInvalid } from '../access-errors.js';
import { type Caller, ONLY_TENANT } from '../caller.js';
import { CredentialVerifier } from '../credential-verifier.js';
import type { GrantedScope } from '../scopes.js';
import { fetchKeySet } from './fetch-key-set.js';
import { grantedScopes, mostScopes } from './granted-scopes.js';
import { KeySet } from './key-set.js';

type Settings = Config['access']['jwt'];

const LARGEST = 8 * 1024;
/** How far the clocks of the provider and of the database may differ, in seconds. */
const TOLERANCE = 5;
const COMPACT_JWS = /^([\w-]+)\.[\w-]+\.[\w-]*$/;
/** The types of this service's own tokens. */
const OURS = /^(application\/)?outcome-/i;
/** As OpenID Connect defines `sub`; it is stored and shown. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;
const ASYMMETRIC = ['RS', 'PS', 'ES'].flatMap((family) => [256, 384, 512].map((bits) => `${family}${bits}`));

/** A JWT of the identity provider in the settings, which alone say who its issuer is and which keys prove it. */
@Injectable()
export class JwtVerifier extends CredentialVerifier {
  private readonly logger = new Logger(JwtVerifier.name);
  private readonly settings: Settings;
  private readonly most: readonly GrantedScope[];
  private readonly keys: KeySet | undefined;
  private readonly options: JWTVerifyOptions;
  /** Verifying takes a multiple of hashing. Credentials are not kept in memory. */
  private readonly verified = new LRUCache<string, { caller: Caller; generation: number }>({
    max: 1000,
    ttl: 1 * MINUTES,
  });

  constructor(
    @Inject(CONFIG.access) { jwt }: Pick<Config['access'], 'jwt'>,
    private readonly clock: Clock,
  ) {
    super();
    const { jwksUrl, issuer, audience, maxScopes } = (this.settings = jwt);
    this.most = mostScopes(maxScopes);
    if (jwksUrl !== undefined) this.keys = new KeySet(() => fetchKeySet(jwksUrl));
    this.options = {
      // Never both sorts: else a public key could be used as a secret.
      algorithms: this.keys ? [...ASYMMETRIC, 'EdDSA', 'Ed25519'] : ['HS256'],
      issuer,
      audience,
      clockTolerance: TOLERANCE,
      requiredClaims: ['exp', 'sub'],
    };
  }

  takes(credential: string): boolean {
    const header = COMPACT_JWS.exec(credential.slice(0, LARGEST))?.[1];
    return header !== undefined && isOfOthers(Buffer.from(header, 'base64url').toString());
  }

  async verify(credential: string): Promise<Caller> {
    if (credential.length > LARGEST) throw CredentialsInvalid.found();
    const hash = createHash('sha256').update(credential).digest('base64');
    const known = this.verified.get(hash);
    if (known && known.generation === this.generation) return unexpired(known.caller, this.clock.now());
    const caller = await this.callerIn(credential);
    this.verified.set(hash, { caller, generation: this.generation });
    return caller;
  }

  private get generation(): number {
    return this.keys?.generation ?? 0;
  }

  private async callerIn(credential: string): Promise<Caller> {
    const { errors, jwtVerify } = await import('jose');
    try {
      const options = { ...this.options, currentDate: this.clock.now() };
      const { payload } = this.keys
        ? await jwtVerify(credential, this.keys.keyFor, options)
        : await jwtVerify(credential, Buffer.from(this.settings.secret ?? ''), options);
      return this.callerOf(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw CredentialsExpired.at(momentOf(error.payload.exp));
      if (error instanceof DomainError) throw error;
      // Not the error itself, which has the claims.
      const { code, message: reason } = error as Error & { code?: string };
      this.logger.log({ msg: 'a JWT was refused', code, reason });
      throw CredentialsInvalid.found();
    }
  }

  private callerOf(claims: JWTPayload): Caller {
    const { sub = '', exp } = claims;
    if (!SUBJECT.test(sub)) throw new Error('Expected a `sub` of up to 255 printable ASCII characters.');
    return Object.freeze({
      tenant: this.tenantOf(claims),
      name: `jwt ${sub}`,
      scopes: grantedScopes(claims[this.settings.scopeClaim], this.most),
      expiresAt: momentOf(exp),
    });
  }

  private tenantOf(claims: JWTPayload): string {
    const { tenantClaim, tenants } = this.settings;
    const claim = claims[tenantClaim];
    if (claim === undefined && tenants.size === 0) return ONLY_TENANT;
    const tenant = typeof claim === 'string' ? tenants.get(claim) : undefined;
    if (tenant === undefined)
      throw new Error(`Expected the claim ${tenantClaim} to be one of those that JWT_TENANTS maps to a tenant.`);
    return tenant;
  }
}

function isOfOthers(header: string): boolean {
  try {
    const { typ } = JSON.parse(header) as { typ?: unknown };
    return typeof typ !== 'string' || !OURS.test(typ);
  } catch {
    return false;
  }
}

function unexpired(caller: Caller, now: Date): Caller {
  const { expiresAt } = caller;
  if (expiresAt && expiresAt <= now) throw CredentialsExpired.at(expiresAt);
  return caller;
}

/** A provider may write any number; a Date ends in the year 275760. */
const momentOf = (exp = 0) => new Date(Math.min((exp + TOLERANCE) * SECONDS, 8.64e15));

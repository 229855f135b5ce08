import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { SECONDS } from '../../time/durations.js';
import { CredentialsExpired, CredentialsInvalid } from '../access-errors.js';
import { KnownKeys } from '../keys/known-keys.js';

/** The header `typ` of each sort: no sort passes for another, nor for a token of an identity provider. */
export const TOKEN_TYPES = { start: 'outcome-start+jwt', watch: 'outcome-watch+jwt' } as const;

export type TokenType = (typeof TOKEN_TYPES)[keyof typeof TOKEN_TYPES];

/** What every token of ours claims beside its own. */
interface CommonClaims {
  /** The tenant. */
  ten: string;
  /** Who made it, for the audit trail. */
  by: string;
}

export type Verified<Claims> = Claims & CommonClaims & Required<Pick<JWTPayload, 'jti' | 'iat' | 'exp'>>;

/** Loaded with the first token: most processes of the mode open see none. */
const jose = () => import('jose');

const ALGORITHM = 'HS256';
const OURS = 'outcome';
/** The name of a caller with an API key, also in that of a start token which it has made. */
const MADE_BY_KEY = /\bkey ([0-9a-z]{12})$/;
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whether a credential has the form of one of our tokens. A broken header is not taken. */
export function isOfType(credential: string, type: TokenType): boolean {
  if (!COMPACT_JWS.test(credential)) return false;
  try {
    const header = JSON.parse(Buffer.from(credential.split('.', 1)[0] ?? '', 'base64url').toString()) as unknown;
    return (header as { typ?: unknown } | null)?.typ === type;
  } catch {
    return false;
  }
}

/** Makes and verifies the tokens that the service itself gives away: JWTs signed with the first key of TOKEN_KEYS. */
@Injectable()
export class SignedTokens {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  constructor(
    @Inject(CONFIG.access) { tokenKeys }: Pick<Config['access'], 'tokenKeys'>,
    private readonly clock: Clock,
    private readonly apiKeys: KnownKeys,
  ) {
    const given = tokenKeys.map(({ id, secret }) => [id, createSecretKey(secret)] as const);
    // In the mode open: such tokens end with the process.
    this.keys = new Map(given.length > 0 ? given : [['process', createSecretKey(randomBytes(32))]]);
  }

  async sign(
    typ: TokenType,
    claims: CommonClaims & JWTPayload,
    expiresAt: Date,
    jti: string = randomUUID(),
  ): Promise<string> {
    const [[kid, key] = []] = this.keys;
    if (!key || !kid) throw new Error('Expected a key to sign tokens with, found none.');
    const { SignJWT } = await jose();
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, kid, typ })
      .setIssuer(OURS)
      .setAudience(OURS)
      .setJti(jti)
      .setIssuedAt(this.clock.now())
      .setExpirationTime(expiresAt)
      .sign(key);
  }

  /** @throws CredentialsInvalid, CredentialsExpired */
  async verify<Claims>(typ: TokenType, token: string): Promise<Verified<Claims>> {
    const { errors, jwtVerify } = await jose();
    try {
      const { payload } = await jwtVerify(token, (header) => this.keyOf(header), {
        algorithms: [ALGORITHM],
        typ,
        issuer: OURS,
        audience: OURS,
        requiredClaims: ['ten', 'by', 'jti', 'iat', 'exp'],
        currentDate: this.clock.now(),
      });
      const verified = payload as unknown as Verified<Claims>;
      await this.expectUnrevoked(verified);
      return verified;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw CredentialsExpired.at(new Date((error.payload.exp ?? 0) * SECONDS));
      if (error instanceof errors.JOSEError) throw CredentialsInvalid.found();
      throw error;
    }
  }

  /** What an API key has made ends with it. @throws CredentialsInvalid */
  private async expectUnrevoked({ by, iat }: CommonClaims & { iat: number }): Promise<void> {
    const keyId = MADE_BY_KEY.exec(by)?.[1];
    if (keyId === undefined) return;
    const key = await this.apiKeys.find(keyId);
    const validAfter = key?.tokensValidAfter?.getTime() ?? 0;
    if (!key || iat * SECONDS < validAfter) throw CredentialsInvalid.found();
  }

  private keyOf({ kid = '' }: JWTHeaderParameters): KeyObject {
    const key = this.keys.get(kid);
    if (!key) throw CredentialsInvalid.found();
    return key;
  }
}

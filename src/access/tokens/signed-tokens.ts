import { createHmac, createSecretKey, type KeyObject, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { SECONDS } from '../../time/durations.js';
import { CredentialsExpired, CredentialsInvalid } from '../access-errors.js';
import type { Caller } from '../caller.js';
import { KeyStanding } from '../keys/key-standing.js';

/** The header `typ` of each sort: no sort passes for another, nor for a token of an identity provider. */
export const TOKEN_TYPES = { start: 'outcome-start+jwt', watch: 'outcome-watch+jwt' } as const;

export type TokenType = (typeof TOKEN_TYPES)[keyof typeof TOKEN_TYPES];

/** What every token of ours claims beside its own. */
interface OwnClaims {
  /** The tenant. */
  ten: string;
  /** Who made it, for the audit trail. */
  by: string;
}

type Signed = OwnClaims & { jti: string; iat: number; exp: number };

export interface Verified<Claims> extends Pick<Caller, 'madeBy'> {
  claims: Claims & Signed;
}

type Unread = Partial<Record<string, unknown>>;

const OURS = 'outcome';
/** Characters of tokens: a watch token has some 400, a start token as many as what it starts. */
export const MOST_REMEMBERED = 2_000_000;
/** The name of a caller with an API key, also in that of a start token which it has made; no part of another's name. */
const MADE_BY_KEY = /^(?:start token of )?key ([0-9a-z]{12})$/;
const COMPACT_JWS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function decoded(part: string): Unread | null {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Unread | null;
  } catch {
    return null;
  }
}

const secondsOf = (date: Date) => Math.floor(date.getTime() / SECONDS);

/**
 * Makes and verifies the tokens that the service itself gives away: JWTs (RFC 7519) signed with the first key of
 * TOKEN_KEYS by HMAC with SHA-256. A token is verified only if its header is, to the byte, one that the service writes:
 * which algorithm to use is never read from a token. By node:crypto, since the promises of WebCrypto, which jose uses,
 * cost ten times as much: docs/decisions/tokens.md.
 */
@Injectable()
export class SignedTokens {
  /** Of each encoded header that the service writes, or has written. */
  private readonly signers = new Map<string, { typ: TokenType; key: KeyObject }>();
  /** With which new tokens of each type begin. */
  private readonly headers: Readonly<Record<TokenType, string>>;

  /** What tokens say that are signed by this service: most are verified soon after they were made, or repeatedly. */
  private readonly signed = new LRUCache<string, { typ: TokenType; claims: Signed }>({
    maxSize: MOST_REMEMBERED,
    sizeCalculation: (_, token) => token.length,
  });

  constructor(
    @Inject(CONFIG.access) { tokenKeys }: Pick<Config['access'], 'tokenKeys'>,
    private readonly clock: Clock,
    private readonly standing: KeyStanding,
  ) {
    // In the mode open without keys: such tokens end with the process.
    const given = tokenKeys.length > 0 ? tokenKeys : [{ id: 'process', secret: randomBytes(32) }];
    const id = given[0]?.id ?? '';
    const { start, watch } = TOKEN_TYPES;
    this.headers = { [start]: headerOf(id, start), [watch]: headerOf(id, watch) };
    for (const { id, secret } of given)
      for (const typ of Object.values(TOKEN_TYPES))
        this.signers.set(headerOf(id, typ), { typ, key: createSecretKey(secret) });
  }

  /** Whether a credential has the form of one of our tokens, of whatever key. */
  isOfType(credential: string, type: TokenType): boolean {
    const end = credential.indexOf('.');
    if (end < 0) return false;
    const header = credential.slice(0, end);
    return (this.signers.get(header) ?? decoded(header))?.typ === type;
  }

  sign(typ: TokenType, claims: OwnClaims & object, expiresAt: Date, jti: string = randomUUID()): string {
    const header = this.headers[typ];
    const times = { iat: secondsOf(this.clock.now()), exp: secondsOf(expiresAt) };
    const all = { iss: OURS, aud: OURS, jti, ...times, ...claims };
    const signed = `${header}.${encoded(all)}`;
    const token = `${signed}.${this.signatureOf(header, signed)}`;
    this.signed.set(token, { typ, claims: all });
    return token;
  }

  /**
   * @param lateMs for how long after its end it still verifies
   * @throws CredentialsInvalid, CredentialsExpired
   */
  async verify<Claims>(typ: TokenType, token: string, lateMs = 0): Promise<Verified<Claims>> {
    const known = this.signed.get(token);
    const claims = (known?.typ === typ ? known.claims : this.read(typ, token)) as Claims & Signed;
    const expiresAt = new Date(claims.exp * SECONDS);
    if (expiresAt.getTime() + lateMs <= this.clock.now().getTime()) throw CredentialsExpired.at(expiresAt);
    // What an API key has made ends with it.
    const madeBy = { key: MADE_BY_KEY.exec(claims.by)?.[1], at: new Date(claims.iat * SECONDS) };
    await this.standing.expect({ tenant: claims.ten, madeBy });
    return { claims, madeBy };
  }

  private read(typ: TokenType, token: string): Signed {
    const [, header = '', payload = '', signature = ''] = COMPACT_JWS.exec(token) ?? [];
    const expected = this.signatureOf(header, `${header}.${payload}`);
    if (this.signers.get(header)?.typ !== typ || !isEqual(signature, expected)) throw CredentialsInvalid.found();
    const claims = decoded(payload);
    if (!claims || !areOurs(claims)) throw CredentialsInvalid.found();
    this.signed.set(token, { typ, claims });
    return claims;
  }

  private signatureOf(header: string, signed: string): string {
    const signer = this.signers.get(header);
    return signer ? createHmac('sha256', signer.key).update(signed).digest('base64url') : '';
  }
}

const headerOf = (kid: string, typ: TokenType) => encoded({ alg: 'HS256', kid, typ });

const isEqual = (given: string, expected: string) =>
  given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));

function areOurs(claims: Unread): claims is Unread & Signed {
  const { iss, aud, ten, by, jti, iat, exp } = claims;
  const areTexts = [ten, by, jti].every((claim) => typeof claim === 'string');
  return iss === OURS && aud === OURS && areTexts && Number.isInteger(iat) && Number.isInteger(exp);
}

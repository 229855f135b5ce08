import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { HOURS, SECONDS } from '../../time/durations.js';
import { CredentialsExpired, CredentialsInvalid } from '../access-errors.js';
import type { Caller } from '../caller.js';
import { CredentialVerifier } from '../credential-verifier.js';
import type { GrantedScope } from '../scopes.js';
import { SignedTokens, TOKEN_TYPES } from './signed-tokens.js';

const LASTS_MS = 1 * HOURS;
/** After the start: renewing does not go on for ever. */
const RENEWED_UNTIL_MS = 24 * HOURS;

/** What a token says that it allows, and what that is here. A token of another version may say more. */
const ALLOWED: Readonly<Record<string, readonly GrantedScope[]>> = {
  read: ['operations:read', 'operations:read_secrets'],
  cancel: ['operations:cancel'],
  events: ['operations:read', 'operations:read_secrets'],
};

const OF = 'watch token of ';

interface WatchClaims {
  /** The operation's id. */
  sub: string;
  scp: string[];
  /** The operation's generation of tokens; 0 for a token of an earlier version. */
  gen?: number;
}

/** An operation that is watched. */
interface Watched {
  id: string;
  tenant: string;
  watchGeneration: number;
  createdAt: Date;
}

/** Tokens for who waits for one operation, such as a customer's page: they show that operation, and no other exists. */
@Injectable()
export class WatchTokens extends CredentialVerifier {
  constructor(
    private readonly tokens: SignedTokens,
    private readonly clock: Clock,
    @Inject(CONFIG.access) private readonly config: Pick<Config['access'], 'isOpen'>,
  ) {
    super();
  }

  /** For who has started it; undefined where access is open, since nobody needs one there. */
  issue(started: Omit<Watched, 'createdAt'>, { name }: Caller, isCancelable = false): string | undefined {
    if (this.config.isOpen) return undefined;
    return this.sign(started, name, readOr(isCancelable), this.clock.now().getTime() + LASTS_MS).watchToken;
  }

  /**
   * One for as much and another while, for who has one; or one that only follows events, for an address.
   * @throws CredentialsExpired a day after the start
   */
  renew(
    given: Omit<Watched, 'watchGeneration'>,
    { name, scopes, watchGeneration = 0 }: Caller,
    onlyEvents = false,
  ): { watchToken: string; expiresAt: string } {
    const now = this.clock.now().getTime();
    const watched = { ...given, watchGeneration };
    const until = Math.min(now + LASTS_MS, lastMomentOf(watched));
    if (until <= now) throw CredentialsExpired.at(new Date(until));
    const allowed = onlyEvents ? ['events'] : readOr(scopes.has('operations:cancel'));
    return this.sign(watched, name.slice(OF.length), allowed, until);
  }

  takes(credential: string): boolean {
    return this.tokens.isOfType(credential, TOKEN_TYPES.watch);
  }

  async verify(credential: string): Promise<Caller> {
    const { claims, madeBy } = await this.tokens.verify<WatchClaims>(TOKEN_TYPES.watch, credential);
    const { ten, by, sub, exp, scp, gen = 0 } = claims;
    if (typeof sub !== 'string' || !Array.isArray(scp) || !Number.isInteger(gen)) throw CredentialsInvalid.found();
    return {
      tenant: ten,
      name: OF + by,
      scopes: new Set(scp.flatMap((allowed) => ALLOWED[allowed] ?? [])),
      operationId: sub,
      ...(scp.includes('events') && { onlyEvents: true }),
      watchGeneration: gen,
      ...(madeBy && { madeBy }),
      expiresAt: new Date(exp * SECONDS),
    };
  }

  private sign(watched: Omit<Watched, 'createdAt'>, by: string, scp: string[], until: number) {
    const expiresAt = new Date(Math.floor(until / SECONDS) * SECONDS);
    const claims = { sub: watched.id, ten: watched.tenant, by, scp, gen: watched.watchGeneration };
    const watchToken = this.tokens.sign(TOKEN_TYPES.watch, claims, expiresAt);
    return { watchToken, expiresAt: expiresAt.toISOString() };
  }
}

const readOr = (isCancelable: boolean) => (isCancelable ? ['read', 'cancel'] : ['read']);

const lastMomentOf = ({ createdAt }: Watched) => createdAt.getTime() + RENEWED_UNTIL_MS;

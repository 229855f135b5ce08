import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { InvalidInput } from '../../errors/invalid-input.js';
import { HOURS, MINUTES, SECONDS } from '../../time/durations.js';
import type { Caller } from '../caller.js';
import { CredentialVerifier } from '../credential-verifier.js';
import type { GrantedScope } from '../scopes.js';
import { SignedTokens, TOKEN_TYPES } from './signed-tokens.js';

const LASTS_MS = 15 * MINUTES;

/**
 * For so long after its end a token still finds what it has started, for a page that got no answer or comes back late.
 * With the hour of the watch token in the answer, that is no longer than a watch token may be renewed.
 */
const FOUND_FOR_MS = 22 * HOURS;

/** In bytes of JSON. It grows by a third; with the rest of the header it must stay below 8 KB, which proxies take. */
const LARGEST_START = 5500;

/** No client can send a tab in an Idempotency-Key, so none can take the key of a token. */
const KEY_PREFIX = 'start-token\t';

interface StartClaims {
  start: unknown;
  scp: GrantedScope[];
}

/** Tokens that allow exactly one start. Their `jti` is its idempotency key, so that a replay is the same operation. */
@Injectable()
export class StartTokens extends CredentialVerifier {
  constructor(
    private readonly tokens: SignedTokens,
    private readonly clock: Clock,
  ) {
    super();
  }

  /**
   * @param start the body of the start; @param scopes that it needs
   * @throws InvalidInput if the start is too large for a header
   */
  issue({ tenant, name }: Caller, start: object, scopes: GrantedScope[]): { startToken: string; expiresAt: string } {
    const bytes = Buffer.byteLength(JSON.stringify(start));
    if (bytes > LARGEST_START)
      throw InvalidInput.because([
        {
          path: '(the whole body)',
          message:
            `expected at most ${LARGEST_START} bytes of JSON, since the token holds the start and travels in a ` +
            `header, found ${bytes}`,
        },
      ]);
    const expiresAt = new Date(Math.floor((this.clock.now().getTime() + LASTS_MS) / SECONDS) * SECONDS);
    const claims = { ten: tenant, by: name, start, scp: scopes };
    const startToken = this.tokens.sign(TOKEN_TYPES.start, claims, expiresAt);
    return { startToken, expiresAt: expiresAt.toISOString() };
  }

  takes(credential: string): boolean {
    return this.tokens.isOfType(credential, TOKEN_TYPES.start);
  }

  async verify(credential: string): Promise<Caller> {
    const {
      claims: { ten, by, jti, exp, start, scp },
      madeBy,
    } = await this.tokens.verify<StartClaims>(TOKEN_TYPES.start, credential, FOUND_FOR_MS);
    const expiresAt = new Date(exp * SECONDS);
    const endedAt = expiresAt <= this.clock.now() ? expiresAt : undefined;
    return {
      tenant: ten,
      name: `start token of ${by}`,
      // The answer shows what the watch token in it shows.
      scopes: new Set([...scp, 'operations:read_secrets'] as const),
      onlyStart: { body: start, idempotencyKey: KEY_PREFIX + jti, endedAt },
      ...(madeBy && { madeBy }),
      expiresAt,
    };
  }
}

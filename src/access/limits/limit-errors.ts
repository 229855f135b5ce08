import { DomainError } from '../../errors/domain-error.js';
import { SECONDS } from '../../time/durations.js';

export class RateLimited extends DomainError {
  readonly code = 'rate_limited';

  private constructor(
    message: string,
    /** In seconds. */
    readonly retryAfter: number,
  ) {
    super(message);
  }

  static beyond(most: number, windowSeconds: number, retryAfter: number): RateLimited {
    return new RateLimited(
      `Expected at most ${most} such requests in ${windowSeconds} s, found more. ${sendAgainIn(retryAfter)}`,
      retryAfter,
    );
  }

  /** The credential has not been looked at. */
  static afterFailures(ms: number): RateLimited {
    const retryAfter = Math.ceil(ms / SECONDS);
    return new RateLimited(
      `Too many credentials from this address were not valid. Check them. ${sendAgainIn(retryAfter)}`,
      retryAfter,
    );
  }

  static handshakes(most: number, ms: number): RateLimited {
    const retryAfter = Math.ceil(ms / SECONDS);
    return new RateLimited(
      `Expected at most ${most} new sockets of one address in ${retryAfter} s, found more. ${sendAgainIn(retryAfter)}`,
      retryAfter,
    );
  }
}

const sendAgainIn = (seconds: number) => `Send this one again in ${seconds} s.`;

export class TooManySockets extends DomainError {
  readonly code = 'too_many_sockets';

  static over(most: number): TooManySockets {
    return new TooManySockets(
      `Expected at most ${most} sockets of one address at once, found more. Close one, or follow all over one socket.`,
    );
  }
}

export class TooManyStreams extends DomainError {
  readonly code = 'too_many_streams';

  static over(most: number): TooManyStreams {
    return new TooManyStreams(
      `Expected at most ${most} requests that wait or stream at once, found more. End one, or follow several ` +
        'operations over one socket.',
    );
  }
}

import { DomainError } from '../../errors/domain-error.js';

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
      `Expected at most ${most} such requests in ${windowSeconds} s, found more. Send this one again in ` +
        `${retryAfter} s.`,
      retryAfter,
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

import type { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { SECONDS } from '../../time/durations.js';
import { RateLimited } from './limit-errors.js';

/** A burst may take what three seconds allow. */
const WINDOW_SECONDS = 3;

export type RateLimitName = 'starts' | 'reads' | 'anonymous';

/** How many requests each client of one sort may send to this process: counted in windows, in memory. */
export class RateLimit {
  private readonly most: number;
  private readonly policy: string;

  private constructor(
    private readonly name: RateLimitName,
    private readonly counter: RateLimiterMemory,
  ) {
    this.most = counter.points;
    this.policy = `"${name}";q=${this.most};w=${WINDOW_SECONDS}`;
  }

  /** Loads the package only where there is a limit: with 0 a second there is none. */
  static async of(name: RateLimitName, perSecond: number): Promise<RateLimit | undefined> {
    if (perSecond === 0) return undefined;
    const { RateLimiterMemory } = await import('rate-limiter-flexible');
    const counter = new RateLimiterMemory({ points: perSecond * WINDOW_SECONDS, duration: WINDOW_SECONDS });
    return new RateLimit(name, counter);
  }

  /** Counts a request. The headers are those of draft-ietf-httpapi-ratelimit-headers-10. */
  async take(client: string): Promise<{ headers: Record<string, string>; error?: RateLimited }> {
    const { msBeforeNext, remainingPoints, consumedPoints } = await this.counter
      .consume(client)
      .catch((refused: unknown) => refused as RateLimiterRes);
    const seconds = Math.ceil(msBeforeNext / SECONDS);
    const headers = {
      'RateLimit-Policy': this.policy,
      RateLimit: `"${this.name}";r=${remainingPoints};t=${seconds}`,
    };
    if (consumedPoints <= this.most) return { headers };
    return { headers, error: RateLimited.beyond(this.most, WINDOW_SECONDS, seconds) };
  }
}

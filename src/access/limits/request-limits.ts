import type { Config } from '../../config/config.js';
import { TooManyStreams } from './limit-errors.js';
import { RateLimit, type RateLimitName } from './rate-limit.js';

/** The limits of this process. `anonymous` and `streams` count by client address where there are no credentials. */
export class RequestLimits {
  private readonly held = new Map<string, number>();

  private constructor(
    private readonly rates: Readonly<Record<RateLimitName, RateLimit | undefined>>,
    private readonly mostStreams: number,
  ) {}

  static async of({ starts, reads, anonymous, streams }: Config['limits']): Promise<RequestLimits> {
    const rates = {
      starts: await RateLimit.of('starts', starts),
      reads: await RateLimit.of('reads', reads),
      anonymous: await RateLimit.of('anonymous', anonymous),
    };
    return new RequestLimits(rates, streams);
  }

  rate(name: RateLimitName): RateLimit | undefined {
    return this.rates[name];
  }

  /**
   * Counts a request whose answer may take long, until the returned function is called.
   * @throws TooManyStreams
   */
  hold(client: string): () => void {
    const held = this.held.get(client) ?? 0;
    if (this.mostStreams > 0 && held >= this.mostStreams) throw TooManyStreams.over(this.mostStreams);
    this.held.set(client, held + 1);
    return () => this.release(client);
  }

  private release(client: string): void {
    const left = (this.held.get(client) ?? 0) - 1;
    if (left > 0) this.held.set(client, left);
    else this.held.delete(client);
  }
}

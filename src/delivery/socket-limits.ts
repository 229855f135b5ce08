import { LRUCache } from 'lru-cache';
import { RateLimited, TooManySockets } from '../access/limits/limit-errors.js';
import { MINUTES, SECONDS } from '../time/durations.js';
import { TokenBucket } from './token-bucket.js';

const MOST_ADDRESSES = 10_000;
/** As many handshakes as sockets at once, since all come back after a restart, and then a quarter of them a second. */
const SECONDS_FOR_ALL = 4;

/** Sockets of one address in this process, and how fast they may come. With 0 there is no limit. */
export class SocketLimits {
  private readonly open = new Map<string, number>();
  /** Made at the first handshake: it takes the memory of all its entries at once. */
  private handshakes: LRUCache<string, TokenBucket> | undefined;

  constructor(private readonly most: number) {}

  /** Why a handshake of this address is refused. */
  errorFor(address: string): TooManySockets | RateLimited | undefined {
    if (this.most === 0) return undefined;
    if ((this.open.get(address) ?? 0) >= this.most) return TooManySockets.over(this.most);
    this.handshakes ??= new LRUCache({ max: MOST_ADDRESSES, ttl: 1 * MINUTES });
    const bucket = this.handshakes.get(address) ?? new TokenBucket(this.most, this.most / SECONDS_FOR_ALL);
    this.handshakes.set(address, bucket);
    return bucket.take() ? undefined : RateLimited.handshakes(this.most, SECONDS_FOR_ALL * SECONDS);
  }

  /** Counts a socket until the returned function is called. */
  count(address: string): () => void {
    if (this.most === 0) return () => undefined;
    this.open.set(address, (this.open.get(address) ?? 0) + 1);
    return () => {
      const left = (this.open.get(address) ?? 0) - 1;
      if (left > 0) this.open.set(address, left);
      else this.open.delete(address);
    };
  }
}

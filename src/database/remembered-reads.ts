import { LRUCache } from 'lru-cache';

export interface Bounds<Found> {
  max: number;
  ttl: number;
  /** What is read again each time, such as that there is nothing; by default nothing is. */
  isForgotten?: (found: Found) => boolean;
}

/**
 * What was read lately, by key. Those who ask while it is read share the read. A read that fails is not remembered, and
 * one whose key is dropped while it lasts is not remembered when it ends.
 */
export class RememberedReads<Found> {
  /** Promises, so that there is something to share before the end of a read. */
  private readonly reads: LRUCache<string, Promise<Found>>;

  constructor(private readonly bounds: Bounds<Found>) {
    this.reads = new LRUCache({ max: bounds.max, ttl: bounds.ttl });
  }

  get(key: string, read: () => Promise<Found>): Promise<Found> {
    const remembered = this.reads.get(key);
    if (remembered) return remembered;
    const reading = read();
    this.reads.set(key, reading);
    // A later read may stand in its place by then.
    const forget = () => {
      if (this.reads.peek(key) === reading) this.reads.delete(key);
    };
    reading.then((found) => this.bounds.isForgotten?.(found) && forget(), forget);
    return reading;
  }

  forget(key: string): void {
    this.reads.delete(key);
  }

  forgetAll(): void {
    this.reads.clear();
  }
}

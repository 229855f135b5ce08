import { randomFillSync, randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

const RANDOM_BYTES = 16;
/** A call for random bytes costs about as much for a hundred ids as for one. */
const IDS_AT_ONCE = 128;

/**
 * UUIDv7s by the service's clock, which the package's own generator cannot use. Ids of one process increase, also
 * within a millisecond and after the clock is set back: the time then stays and a counter grows (RFC 9562, section
 * 6.2).
 */
export class OperationIds {
  private msecs = -Infinity;
  private seq = 0;
  private readonly random = new Uint8Array(IDS_AT_ONCE * RANDOM_BYTES);
  private drawn = this.random.length;

  next(now: Date): string {
    const grows = now.getTime() > this.msecs;
    this.msecs = Math.max(this.msecs, now.getTime());
    // The highest of 32 bits starts at 0, so that at least two thousand million ids follow before the counter wraps.
    this.seq = grows ? randomInt(2 ** 31) : this.seq + 1;
    return uuidv7({ msecs: this.msecs, seq: this.seq, random: this.draw() });
  }

  private draw(): Uint8Array {
    if (this.drawn === this.random.length) {
      randomFillSync(this.random);
      this.drawn = 0;
    }
    return this.random.subarray(this.drawn, (this.drawn += RANDOM_BYTES));
  }
}

import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

/**
 * UUIDv7s by the service's clock, which the package's own generator cannot use. Ids of one process increase, also
 * within a millisecond and after the clock is set back: the time then stays and a counter grows (RFC 9562, section
 * 6.2).
 */
export class OperationIds {
  private msecs = -Infinity;
  private seq = 0;

  next(now: Date): string {
    const grows = now.getTime() > this.msecs;
    this.msecs = Math.max(this.msecs, now.getTime());
    // The highest of 32 bits starts at 0, so that at least two thousand million ids follow before the counter wraps.
    this.seq = grows ? randomInt(2 ** 31) : this.seq + 1;
    return uuidv7({ msecs: this.msecs, seq: this.seq });
  }
}

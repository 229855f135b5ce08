import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

/**
 * UUIDv7s by the service's clock, which the package's own generator does not know. Those of one process grow, within a
 * millisecond too and when the clock is set back: the time stays, and a counter grows (RFC 9562, section 6.2).
 */
export class OperationIds {
  private msecs = -Infinity;
  private seq = 0;

  /** The id of what starts now. */
  next(now: Date): string {
    const grows = now.getTime() > this.msecs;
    this.msecs = Math.max(this.msecs, now.getTime());
    // Of 32 bits, the first stays free, so that some two thousand million follow before the counter begins anew.
    this.seq = grows ? randomInt(2 ** 31) : this.seq + 1;
    return uuidv7({ msecs: this.msecs, seq: this.seq });
  }
}

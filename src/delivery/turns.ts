import { MESSAGES_AT_ONCE } from './limits.js';
import { TooManyMessages } from './push-errors.js';

/** As many as may be sent at once, so that a client which sends no more than that never gets beyond. */
export const MOST_UNANSWERED = MESSAGES_AT_ONCE;

/**
 * The messages of one connection, which are answered one after the other. A message waits in memory while an earlier
 * one is answered or its answer is not taken, so there is a bound on how many do.
 */
export class Turns {
  private last = Promise.resolve();
  private unanswered = 0;

  /** Resolves when its turn is over. @param answer must not reject. @throws TooManyMessages */
  take(answer: () => Promise<void>): Promise<void> {
    if (this.unanswered >= MOST_UNANSWERED) throw TooManyMessages.unanswered(MOST_UNANSWERED);
    this.unanswered += 1;
    this.last = this.last.then(answer).finally(() => (this.unanswered -= 1));
    return this.last;
  }
}

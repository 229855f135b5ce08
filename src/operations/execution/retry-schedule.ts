import { HOURS, MINUTES, SECONDS } from '../../time/durations.js';

const LONGEST_WAIT = 1 * MINUTES;

/**
 * How long to wait before the next try, in milliseconds: doubled each time, up to a minute, and spread by half to both
 * sides, so that those who failed together do not come back together. With a base of 500 ms and 6 tries:
 * 0.5, 1, 2, 4, 8 s, each ±50 %.
 */
export function retryDelay(failedAttempts: number, baseMs: number, random: () => number = Math.random): number {
  const delay = Math.min(baseMs * 2 ** (failedAttempts - 1), LONGEST_WAIT);
  return Math.round(delay * (0.5 + random()));
}

/**
 * When an unknown outcome is looked up, counted from the look-up before; the last one repeats for as long as it takes.
 */
const LOOK_UPS = [1 * SECONDS, 5 * SECONDS, 30 * SECONDS, 2 * MINUTES, 10 * MINUTES, 1 * HOURS, 6 * HOURS] as const;

/** In milliseconds. `baseMs` is the first wait; 1000 leaves the table as it stands. */
export function lookUpDelay(lookUpsMade: number, baseMs: number): number {
  const at = Math.min(lookUpsMade, LOOK_UPS.length - 1);
  return ((LOOK_UPS[at] ?? 6 * HOURS) * baseMs) / SECONDS;
}

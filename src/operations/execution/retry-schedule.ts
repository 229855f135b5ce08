import { HOURS, MINUTES, SECONDS } from '../../time/durations.js';

const LONGEST_WAIT = 1 * MINUTES;

/**
 * In milliseconds: doubled after each attempt, up to a minute, with ±50 % jitter, so that operations that failed
 * together do not retry together. With a base of 500 ms and 6 attempts: 0.5, 1, 2, 4, 8 s, each ±50 %.
 */
export function retryDelay(failedAttempts: number, baseMs: number, random: () => number = Math.random): number {
  const delay = Math.min(baseMs * 2 ** (failedAttempts - 1), LONGEST_WAIT);
  return Math.round(delay * (0.5 + random()));
}

/** Delays between look-ups of an unknown outcome; the last one repeats without end. */
const LOOK_UPS = [1 * SECONDS, 5 * SECONDS, 30 * SECONDS, 2 * MINUTES, 10 * MINUTES, 1 * HOURS, 6 * HOURS] as const;

/** In milliseconds. `baseMs` is the first wait; 1000 leaves the table as it stands. */
export function lookUpDelay(lookUpsMade: number, baseMs: number): number {
  const at = Math.min(lookUpsMade, LOOK_UPS.length - 1);
  return ((LOOK_UPS[at] ?? 6 * HOURS) * baseMs) / SECONDS;
}

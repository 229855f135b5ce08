import { DAYS, HOURS, MINUTES, SECONDS } from '../../time/durations.js';

/** The pauses after each failed attempt; the first attempt is at once. About three days in all. */
const PAUSES = [
  5 * SECONDS,
  5 * MINUTES,
  30 * MINUTES,
  2 * HOURS,
  5 * HOURS,
  10 * HOURS,
  14 * HOURS,
  20 * HOURS,
  24 * HOURS,
] as const;

/** Up to so much longer, at random: what failed together is not sent again together. */
const JITTER = 0.1;

/** An endpoint that has failed for so long when a delivery is given up is disabled. */
export const FAILING_TOO_LONG = 5 * DAYS;

/** The pause after so many failed attempts; undefined: the delivery is given up. */
export function pauseAfter(failures: number, random: () => number = Math.random): number | undefined {
  const pause = PAUSES[failures - 1];
  return pause && Math.round(pause * (1 + JITTER * random()));
}

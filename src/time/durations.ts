/** Durations are in milliseconds everywhere; only the wire counts seconds: `(24 * HOURS) / SECONDS`. */
export const SECONDS = 1000;
export const MINUTES = 60 * SECONDS;
export const HOURS = 60 * MINUTES;
export const DAYS = 24 * HOURS;

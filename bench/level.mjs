// Detects whether a rate still rises: V8 optimizes hot code, and PostgreSQL's caches fill.

/** Slices that are compared with as many earlier ones. */
const SPAN = 4;
const LEVEL_WITHIN = 0.05;

/** True once the last slices together differ by at most a twentieth from the earlier ones. @param {number[]} rates */
export function isLevel(rates) {
  if (rates.length < 2 * SPAN) return false;
  const sum = (/** @type {number[]} */ slices) => slices.reduce((total, rate) => total + rate, 0);
  const [before, now] = [sum(rates.slice(-2 * SPAN, -SPAN)), sum(rates.slice(-SPAN))];
  return before > 0 && Math.abs(now - before) <= LEVEL_WITHIN * before;
}

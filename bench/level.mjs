// Whether a rate still climbs: V8 optimises what has run often, and PostgreSQL's caches fill.

/** How many slices are compared with as many before them. */
const SPAN = 4;
const LEVEL_WITHIN = 0.05;

/** True once the last slices are together no more than a twentieth off the ones before. @param {number[]} rates */
export function isLevel(rates) {
  if (rates.length < 2 * SPAN) return false;
  const sum = (/** @type {number[]} */ slices) => slices.reduce((total, rate) => total + rate, 0);
  const [before, now] = [sum(rates.slice(-2 * SPAN, -SPAN)), sum(rates.slice(-SPAN))];
  return before > 0 && Math.abs(now - before) <= LEVEL_WITHIN * before;
}

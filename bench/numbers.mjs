/** The nearest rank. @param {number[]} numbers @param {number} p 0 to 100 */
export function percentile(numbers, p) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? NaN;
}

/** @param {number[]} numbers */
export const median = (numbers) => percentile(numbers, 50);

/** @param {number} number @param {number} [digits] */
export const fixed = (number, digits = 0) => (Number.isFinite(number) ? number.toFixed(digits) : '-');

import { lookUpDelay, retryDelay } from './retry-schedule.js';

const middle = () => 0.5;

test('the wait before a retry doubles, up to a minute', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20].map((failed) => retryDelay(failed, 500, middle));
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('the wait before a retry has a jitter of 50 % to both sides', () => {
  expect(retryDelay(3, 500, () => 0)).toBe(1000);
  expect(retryDelay(3, 500, () => 0.999_999)).toBe(3000);
  const waits = new Set(Array.from({ length: 50 }, () => retryDelay(3, 500)));
  expect(waits.size).toBeGreaterThan(25);
});

test('the look-ups of an unknown outcome start soon, slow down, and never stop', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((made) => lookUpDelay(made, 1000) / 1000);
  expect(waits).toEqual([1, 5, 30, 120, 600, 3600, 21_600, 21_600, 21_600]);
});

test('the look-ups scale with their first wait', () => {
  expect(lookUpDelay(1, 20)).toBe(100);
});

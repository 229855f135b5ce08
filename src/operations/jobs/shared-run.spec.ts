import fc from 'fast-check';
import { sharedRunAt } from './shared-run.js';

const NOW = 1_800_000_000_123;

test('a shared job never runs before its operations are due, and at most a quarter of their wait and a second later', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1000, max: 86_400_000 }), (wait) => {
      const late = sharedRunAt(NOW + wait, NOW) - (NOW + wait);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(Math.min(1024, Math.max(0, wait) / 4));
    }),
  );
});

test('five hundred attempts spread over a second share a handful of jobs', () => {
  const runs = Array.from({ length: 500 }, (_, at) => sharedRunAt(NOW + 500 + at * 2, NOW + at / 20));
  expect(new Set(runs).size).toBeLessThan(20);
});

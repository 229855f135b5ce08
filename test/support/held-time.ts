import { jest } from '@jest/globals';

/**
 * Holds the time by which this process counts seconds in memory (`performance.now`), until Jest restores its mocks:
 * limits fill up, caches forget and idle connections are closed when the test says so. Timers go on.
 */
export function holdTime(): { ms: number } {
  // Whole, so that a sum of times and its difference are the same number.
  const time = { ms: Math.ceil(performance.now()) };
  jest.spyOn(performance, 'now').mockImplementation(() => time.ms);
  return time;
}

import { jest } from '@jest/globals';
import { RateLimit } from './rate-limit.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('allows three seconds’ requests at once, then refuses until the window has ended', async () => {
  const limit = await RateLimit.of('starts', 2);
  for (let left = 5; left >= 0; left -= 1)
    expect(await limit?.take('shop')).toEqual({
      headers: { 'RateLimit-Policy': '"starts";q=6;w=3', RateLimit: `"starts";r=${left};t=3` },
    });
  jest.advanceTimersByTime(1_500);
  expect(await limit?.take('shop')).toMatchObject({
    headers: { RateLimit: '"starts";r=0;t=2' },
    error: { code: 'rate_limited', retryAfter: 2 },
  });
  expect((await limit?.take('other'))?.error).toBeUndefined();
  jest.advanceTimersByTime(1_500);
  expect((await limit?.take('shop'))?.error).toBeUndefined();
});

test('is none with 0 requests a second', async () => expect(await RateLimit.of('reads', 0)).toBeUndefined());

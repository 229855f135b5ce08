import { jest } from '@jest/globals';
import { once } from './once.js';

test('all callers share one run, and its result', async () => {
  const work = jest.fn(async () => 'done');
  const run = once(work);
  expect([...(await Promise.all([run(), run()])), await run()]).toEqual(['done', 'done', 'done']);
  expect(work).toHaveBeenCalledTimes(1);
});

test('a failure is that of those who waited, and the next caller runs it again', async () => {
  const work = jest.fn(async () => 'done').mockRejectedValueOnce(new Error('away'));
  const run = once(work);
  await expect(Promise.allSettled([run(), run()])).resolves.toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ]);
  expect(await run()).toBe('done');
  expect(work).toHaveBeenCalledTimes(2);
});

import { describe, expect, test } from '@jest/globals';
import { optionsOf } from './options.mjs';

test('Without options every part is run, in full, but the one that fills the disk', () => {
  const { parts, quick, times } = optionsOf([]);
  expect([...parts]).toEqual(['counts', 'push', 'poll', 'wait', 'apart', 'lost', 'access']);
  expect(quick).toBe(false);
  expect(times.restMs).toBe(60_000);
});

test('--state=N adds it', () => {
  const { parts, state } = optionsOf(['--state=1000']);
  expect(parts.has('state')).toBe(true);
  expect(state).toBe(1000);
});

test('--quick runs what says most, and what --only names', () => {
  expect([...optionsOf(['--quick']).parts]).toEqual(['counts', 'push']);
  expect([...optionsOf(['--quick', '--only=poll']).parts]).toEqual(['poll']);
});

describe('Refused is', () => {
  test.each([
    ['a part that is not known', ['--only=push,pull'], /--only: .*"pull"/],
    ['the part that fills the disk without a number', ['--only=state'], /--state=N/],
    ['a number that is none', ['--state=1e6'], /--state: .*"1e6"/],
    ['an option that is not known', ['--fast'], /--fast/],
  ])('%s', (_, args, reason) => {
    expect(() => optionsOf(args)).toThrow(reason);
  });
});

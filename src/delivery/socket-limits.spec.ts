import { jest } from '@jest/globals';
import { SocketLimits } from './socket-limits.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const codes = (limits: SocketLimits, times: number, address = 'a') =>
  Array.from({ length: times }, () => limits.errorFor(address)?.code);

test('all sockets of an address may come at once, and then a quarter of them a second', () => {
  const limits = new SocketLimits(4);
  expect(codes(limits, 5)).toEqual([undefined, undefined, undefined, undefined, 'rate_limited']);
  expect(limits.errorFor('b')).toBeUndefined();
  jest.advanceTimersByTime(1_000);
  expect(codes(limits, 2)).toEqual([undefined, 'rate_limited']);
});

test('an address with as many open as it may have opens no other, until one ends', () => {
  const limits = new SocketLimits(2);
  const [first] = [limits.count('a'), limits.count('a')];
  expect(codes(limits, 1)).toEqual(['too_many_sockets']);
  expect(limits.errorFor('b')).toBeUndefined();
  first?.();
  expect(codes(limits, 1)).toEqual([undefined]);
});

test('with 0 there is no limit', () => {
  const limits = new SocketLimits(0);
  for (let opened = 0; opened < 100; opened += 1) limits.count('a');
  expect(new Set(codes(limits, 100))).toEqual(new Set([undefined]));
});

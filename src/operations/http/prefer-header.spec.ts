import { preferencesOf } from './prefer-header.js';

describe('the Prefer header', () => {
  test.each<[string | undefined, Record<string, string>]>([
    [undefined, {}],
    ['', {}],
    ['wait=30', { wait: '30' }],
    ['Wait = "20"; why=not, return=minimal', { wait: '20', return: 'minimal' }],
    ['respond-async, wait=30, until=end', { 'respond-async': '', wait: '30', until: 'end' }],
    ['wait-until=5', { 'wait-until': '5' }],
    ['wait=', { wait: '' }],
    ['wait=5, wait=7', { wait: '5' }],
    ['foo="a, wait=9; \\"x", wait=1', { foo: 'a, wait=9; "x', wait: '1' }],
    ['foo;bar="a, wait=9", wait=1', { foo: '', wait: '1' }],
    ['no sense at all, =5, wait=1', { wait: '1' }],
    ['wait 5', {}],
    ['foo="never closed, wait=5', {}],
    [',, ,wait=1,', { wait: '1' }],
  ])('is read: %s', (prefer, expected) => {
    expect(Object.fromEntries(preferencesOf(prefer))).toEqual(expected);
  });

  test.each([
    ['"'.repeat(300_000)],
    ['a;'.repeat(150_000)],
    ['\\'.repeat(300_000)],
    ['wait = '.repeat(50_000)],
    ['"\\'.repeat(150_000)],
  ])('is read in linear time, however malformed: %#', (prefer) => {
    const before = process.cpuUsage();
    preferencesOf(prefer);
    // Of the processor, whatever else the machine does.
    const { user } = process.cpuUsage(before);
    expect(user / 1000).toBeLessThan(5000);
  });
});

import { jest } from '@jest/globals';
import { claimsOf, Credentials } from './credentials.js';
import { Intents } from './intents.js';
import type { KeyStore } from './key-store.js';

const MINUTES = 60_000;
const HOURS = 60 * MINUTES;

const tokenOf = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_')}.AA`;
const tokenAt = (at: number, lasts = HOURS) => tokenOf({ iat: at / 1000, exp: (at + lasts) / 1000 });

const storeIn = (items = new Map<string, string>()): KeyStore => ({
  getItem: (name) => items.get(name) ?? null,
  setItem: (name, value) => void items.set(name, value),
  removeItem: (name) => void items.delete(name),
});

describe('a watch token', () => {
  /** The service's clock, hours from the browser's. */
  const SERVICE = Date.now() + 7 * HOURS;
  let intents: Intents;
  beforeEach(() => {
    jest.useFakeTimers();
    intents = new Intents(storeIn());
    const intent = intents.make('order', '{}', 'start-token');
    intents.started('order', intent, 'one');
  });
  afterEach(() => void jest.useRealTimers());

  test('is renewed after four fifths of its time, whatever the browser’s clock says', () => {
    const credentials = new Credentials(undefined, intents);
    expect(credentials.receive('one', tokenAt(SERVICE))).toBe(true);
    expect(credentials.renewIn('one')).toBe(48 * MINUTES);
    jest.advanceTimersByTime(20 * MINUTES);
    jest.setSystemTime(Date.now() - 300 * HOURS);
    expect(credentials.renewIn('one')).toBe(28 * MINUTES);
  });

  test('that an earlier load of the page kept is presented, and renewed at once, since its age is unknown', () => {
    new Credentials(undefined, intents).receive('one', tokenAt(SERVICE));
    jest.advanceTimersByTime(MINUTES);
    const reloaded = new Credentials(undefined, intents);
    expect(reloaded.watchTokenOf('one')).toBe(tokenAt(SERVICE));
    expect(reloaded.renewIn('one')).toBeLessThanOrEqual(0);
    expect(reloaded.watchTokenOf('another')).toBeUndefined();
  });

  test('that is not valid for longer than the last one is the last to be asked for', () => {
    const credentials = new Credentials(undefined, intents);
    credentials.receive('one', tokenAt(SERVICE));
    expect(credentials.receive('one', tokenAt(SERVICE, 2 * HOURS))).toBe(true);
    expect(credentials.receive('one', tokenAt(SERVICE, 2 * HOURS))).toBe(false);
  });

  test('goes to paths of its operation alone, and nowhere beside a token of the client’s own', async () => {
    const { signal } = new AbortController();
    const credentials = new Credentials(undefined, intents);
    credentials.receive('one', tokenAt(SERVICE));
    const tokenFor = (path: string) => credentials.of(path, signal);
    expect(await tokenFor('/api/operations/one')).toBe(tokenAt(SERVICE));
    expect(await tokenFor('/api/operations/one/events?after=3')).toBe(tokenAt(SERVICE));
    for (const path of ['/api/operations', '/api/operations?limit=1', '/api/operations/two', '/api/kinds'])
      expect([path, await tokenFor(path)]).toEqual([path, undefined]);

    const withOwn = new Credentials('own', intents);
    withOwn.receive('one', tokenAt(SERVICE));
    expect(await withOwn.of('/api/operations/one', signal)).toBe('own');
    expect(withOwn.watchTokenOf('one')).toBeUndefined();
  });

  test('of another form says nothing', () => {
    for (const text of ['', 'oc_test_1', 'a.b.c', `e30.${btoa('{')}.AA`]) expect(claimsOf(text)).toEqual({});
    expect(claimsOf(tokenOf({ start: { input: { note: '??>>~~' } } })).start).toBeDefined();
  });
});

import { jest } from '@jest/globals';
import { Subject } from 'rxjs';
import type { Clock } from '../../clock/clock.js';
import type { Database } from '../../database/database.js';
import type { AccessChange, AccessChanges } from '../access-changes.js';
import { KnownKeys } from './known-keys.js';

type Read = (query: { name: string; values: unknown[] }) => Promise<{ rows: { id: string; scopes: string[] }[] }>;

/** Keys on a database that the test answers for. */
function keysOn(read: Read) {
  const query = jest.fn(read);
  const seen = new Subject<AccessChange>();
  const missed = new Subject<void>();
  const database = { durable: { query }, relaxed: { query } } as unknown as Database;
  const clock = { now: () => new Date(0) } as Clock;
  return { keys: new KnownKeys(database, clock, { seen, missed } as unknown as AccessChanges), query, seen, missed };
}

const found: Read = async ({ values: [id] }) => ({ rows: [{ id: String(id), scopes: [] }] });
const none: Read = async () => ({ rows: [] });

test.each([
  ['a key', found],
  ['an unknown id', none],
])('%s is read once', async (_, read) => {
  const { keys, query } = keysOn(read);
  await keys.find('a');
  await keys.find('a');
  expect(query).toHaveBeenCalledTimes(1);
});

test('those who ask for a key while it is read share the read', async () => {
  let answer!: () => void;
  const gate = new Promise<void>((resolve) => (answer = resolve));
  const { keys, query } = keysOn(async (asked) => gate.then(() => found(asked)));
  const both = [keys.find('a'), keys.find('a')];
  answer();
  expect(await Promise.all(both)).toMatchObject([{ id: 'a' }, { id: 'a' }]);
  expect(query).toHaveBeenCalledTimes(1);
});

test('a change that is announced during a read makes the next one read again', async () => {
  let answer!: () => void;
  const gate = new Promise<void>((resolve) => (answer = resolve));
  const { keys, query, seen } = keysOn(async (asked) => gate.then(() => found(asked)));
  const first = keys.find('a');
  seen.next({ key: 'a' });
  answer();
  await first;
  await keys.find('a');
  expect(query).toHaveBeenCalledTimes(2);
});

test.each([
  ['its tenant', (seen: Subject<AccessChange>) => seen.next({ tenant: '00000000-0000-0000-0000-000000000000' })],
  ['itself', (seen: Subject<AccessChange>) => seen.next({ key: 'a' })],
  ['what was missed', (_: unknown, missed: Subject<void>) => missed.next()],
])('a change of %s makes a key be read again', async (_, change) => {
  const { keys, query, seen, missed } = keysOn(found);
  await keys.find('a');
  change(seen, missed);
  await keys.find('a');
  expect(query).toHaveBeenCalledTimes(2);
});

test('unknown ids do not push out a key that is known', async () => {
  const { keys, query } = keysOn(async (asked) => (asked.values[0] === 'a' ? found(asked) : none(asked)));
  await keys.find('a');
  for (let stranger = 0; stranger < 30_000; stranger += 1) await keys.find(`stranger ${stranger}`);
  query.mockClear();
  await keys.find('a');
  expect(query).not.toHaveBeenCalled();
});

test('a read that fails is not remembered', async () => {
  let isAway = true;
  const { keys } = keysOn(async (asked) => {
    if (isAway) throw new Error('away');
    return found(asked);
  });
  await expect(keys.find('a')).rejects.toThrow('away');
  isAway = false;
  expect(await keys.find('a')).toMatchObject({ id: 'a' });
});

test('a use is noted once a minute', () => {
  const { keys, query } = keysOn(none);
  for (let uses = 0; uses < 10; uses += 1) keys.noteUse('a');
  keys.noteUse('b');
  expect(query.mock.calls.map(([{ values }]) => values[0])).toEqual(['a', 'b']);
});

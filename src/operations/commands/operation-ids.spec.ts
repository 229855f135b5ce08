import { validate, version } from 'uuid';
import { OperationIds } from './operation-ids.js';

const at = (ms: number) => new Date(Date.UTC(2040, 0, 1) + ms);
const timeOf = (id: string) => parseInt(id.replaceAll('-', '').slice(0, 12), 16);

test('an id is a UUIDv7 of the given time', () => {
  const id = new OperationIds().next(at(0));
  expect([validate(id), version(id), timeOf(id)]).toEqual([true, 7, at(0).getTime()]);
});

test('a later id sorts after an earlier one: within a millisecond, over time, and after the clock is set back', () => {
  const ids = new OperationIds();
  const times = [...Array.from({ length: 2000 }, () => 5), 6, 7, 2, 2, 7, 8];
  const made = times.map((ms) => ids.next(at(ms)));
  expect(made).toEqual([...made].sort());
  expect(new Set(made).size).toBe(times.length);
});

test('two processes make different ids at the same time', () => {
  expect(new OperationIds().next(at(0))).not.toBe(new OperationIds().next(at(0)));
});

test('no two ids share their random bits', () => {
  const ids = new OperationIds();
  const randomBits = Array.from({ length: 1000 }, () => ids.next(at(0)).slice(-12));
  expect(new Set(randomBits).size).toBe(1000);
});

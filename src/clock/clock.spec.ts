import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { Clock } from './clock.js';
import { HOURS } from '../time/durations.js';

/** The time of a simulated database that answers at once. */
let databaseTime: number;
let answers: boolean;
let clock: Clock;

beforeEach(async () => {
  Logger.overrideLogger(false);
  jest.useFakeTimers({ now: 1_800_000_000_000 });
  databaseTime = Date.now() + HOURS;
  answers = true;
  const query = async () => {
    if (!answers) throw new Error('Away.');
    return { rows: [{ ms: databaseTime }] };
  };
  clock = new Clock({ relaxed: { query } } as unknown as Database);
  await clock.onModuleInit();
});
afterEach(() => {
  clock.stop();
  jest.useRealTimers();
});

/** Lets time pass, sets the database's clock meanwhile by `set`, and takes a sample. */
async function pass(ms: number, set = 0): Promise<void> {
  jest.advanceTimersByTime(ms);
  databaseTime += ms + set;
  await clock.sample().catch(() => undefined);
}

test('returns the time of the database', async () => {
  expect(clock.now()).toEqual(new Date(databaseTime));
  await pass(60_000);
  expect(clock.now()).toEqual(new Date(databaseTime));
  expect(clock.fromNow(-HOURS)).toEqual(new Date(databaseTime - HOURS));
});

test('continues while the database is away, whatever happens to the wall clock', async () => {
  answers = false;
  const { setBacks } = clock;
  jest.setSystemTime(Date.now() - 2 * HOURS);
  await pass(60_000);
  expect(clock.now()).toEqual(new Date(databaseTime));
  expect(clock.setBacks).toBe(setBacks);
});

test.each([-2 * HOURS, 2 * HOURS])('follows the clock of the database when it is set by %d ms', async (set) => {
  await pass(2000, set);
  expect(clock.now()).toEqual(new Date(databaseTime));
  expect(clock.setBacks).toBe(set < 0 ? 1 : 0);
});

test('detects that the wall clock was set back', async () => {
  jest.setSystemTime(Date.now() - 60_000);
  await pass(2000);
  expect(clock.setBacks).toBe(1);
  expect(clock.now()).toEqual(new Date(databaseTime));
});

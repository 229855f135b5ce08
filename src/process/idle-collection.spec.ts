import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';
import { IdleCollection } from './idle-collection.js';

/** So many that V8 needs another 64 MB of heap for them. */
const OBJECTS = 1_500_000;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

describe('the heap of a load', () => {
  const utilization = jest.spyOn(performance, 'eventLoopUtilization');
  const collect = jest.fn(gc);
  // Free heap that the suites before left would take the load in without growing.
  beforeEach(() => gc());
  afterEach(() => collect.mockClear());
  afterAll(() => utilization.mockRestore());

  /** How many megabytes of the heap a look returns to the system. */
  function returnedBy(collection: IdleCollection, busy: number): number {
    utilization.mockReturnValue({ idle: 100 - busy, active: busy, utilization: busy / 100 });
    const before = process.memoryUsage().heapTotal;
    collection.look();
    return (before - process.memoryUsage().heapTotal) / 1e6;
  }

  /** What it returns is held, so that V8 collects none of it by itself. */
  function load(): unknown[] {
    const held: unknown[] = [];
    for (let at = 0; at < OBJECTS; at += 1) held.push({ at: [at, at + 1] });
    return held;
  }

  test('is returned when the process has been idle for forty seconds, and not before', () => {
    const collection = new IdleCollection(collect);
    const held = load();
    for (const busy of [50, 1, 1, 1, 50, 1, 1, 1]) expect(returnedBy(collection, busy)).toBeLessThan(1);
    held.length = 0;
    expect(returnedBy(collection, 1)).toBeGreaterThan(50);
  });

  test('is collected twice, and no more until the next load', () => {
    const collection = new IdleCollection(collect);
    for (const loads of [1, 2]) {
      load().length = 0;
      for (const busy of [50, 1, 1, 1, 1, 50]) returnedBy(collection, busy);
      expect(collect).toHaveBeenCalledTimes(2 * loads - 1);
      for (let looks = 1; looks <= 6; looks += 1) returnedBy(collection, 1);
      expect(collect).toHaveBeenCalledTimes(2 * loads);
    }
  });

  test('is kept while it is small', () => {
    const collection = new IdleCollection(collect);
    for (let looks = 1; looks <= 6; looks += 1) returnedBy(collection, 1);
    expect(collect).not.toHaveBeenCalled();
  });
});

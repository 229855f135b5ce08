import { performance } from 'node:perf_hooks';
import { jest } from '@jest/globals';
import { collectGarbage, IdleCollection } from './idle-collection.js';

/** So much that V8 needs another 64 MB of heap for it. */
const OBJECTS = 1_500_000;

describe('the heap of a load', () => {
  const utilization = jest.spyOn(performance, 'eventLoopUtilization');
  // Free heap that the suites before left would take the load in without growing.
  beforeEach(() => collectGarbage());
  afterAll(() => utilization.mockRestore());

  /** How many bytes of the heap a look returns to the system. */
  async function returnedBy(collection: IdleCollection, busy: number): Promise<number> {
    utilization.mockReturnValue({ idle: 100 - busy, active: busy, utilization: busy / 100 });
    const before = process.memoryUsage().heapTotal;
    await collection.look();
    return (before - process.memoryUsage().heapTotal) / 1e6;
  }

  /** What it returns is held, so that V8 collects none of it by itself. */
  function load(): unknown[] {
    const held: unknown[] = [];
    for (let at = 0; at < OBJECTS; at += 1) held.push({ at: [at, at + 1] });
    return held;
  }

  test('is returned when the process is idle, and not before', async () => {
    const collection = new IdleCollection();
    const held = load();
    expect(await returnedBy(collection, 50)).toBeLessThan(1);
    held.length = 0;
    expect(await returnedBy(collection, 1)).toBeGreaterThan(50);
  });

  test('is kept while it is small', async () => {
    const collection = new IdleCollection();
    expect(await returnedBy(collection, 1)).toBeLessThan(1);
  });
});

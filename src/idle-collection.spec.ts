import { performance } from 'node:perf_hooks';
import { jest } from '@jest/globals';
import { IdleCollection } from './idle-collection.js';

/** So much that V8 needs another 64 MB of heap for it. */
const GARBAGE = 1_500_000;

describe('the heap of a load', () => {
  const utilization = jest.spyOn(performance, 'eventLoopUtilization');
  afterAll(() => utilization.mockRestore());

  /** How many bytes of the heap a look returns to the system. */
  async function returnedBy(collection: IdleCollection, busy: number): Promise<number> {
    utilization.mockReturnValue({ idle: 100 - busy, active: busy, utilization: busy / 100 });
    const before = process.memoryUsage().heapTotal;
    await collection.look();
    return (before - process.memoryUsage().heapTotal) / 1e6;
  }

  function load(): void {
    const held: unknown[] = [];
    for (let at = 0; at < GARBAGE; at += 1) held.push({ at: [at, at + 1] });
    held.length = 0;
  }

  test('is returned when the process is idle, and not before', async () => {
    const collection = new IdleCollection();
    load();
    expect(await returnedBy(collection, 50)).toBeLessThan(1);
    expect(await returnedBy(collection, 1)).toBeGreaterThan(50);
  });

  test('is kept while it is small', async () => {
    const collection = new IdleCollection();
    expect(await returnedBy(collection, 1)).toBeLessThan(1);
  });
});

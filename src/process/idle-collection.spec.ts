import { performance } from 'node:perf_hooks';
import { jest } from '@jest/globals';
import { IdleCollection } from './idle-collection.js';

const MEGABYTES = 1e6;
const AT_REST = 50 * MEGABYTES;

// That a collection returns the memory to the system is V8's part, and measured by the bench: here, a heap is a number.
let heapTotal = AT_REST;
const usage = { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
jest.spyOn(process, 'memoryUsage').mockImplementation(() => ({ ...usage, heapTotal }));
const utilization = jest.spyOn(performance, 'eventLoopUtilization');
const collect = jest.fn(() => void (heapTotal = AT_REST));

beforeEach(() => {
  collect.mockClear();
  heapTotal = AT_REST;
});
afterAll(() => jest.restoreAllMocks());

/** Ten seconds later, of which the event loop was busy for this percentage. */
function look(collection: IdleCollection, busy: number): void {
  utilization.mockReturnValue({ idle: 100 - busy, active: busy, utilization: busy / 100 });
  collection.look();
}

const load = () => void (heapTotal = AT_REST + 64 * MEGABYTES);

test('the heap of a load is returned when the process has been idle for forty seconds, and not before', () => {
  const collection = new IdleCollection(collect);
  load();
  for (const busy of [50, 1, 1, 1, 50, 1, 1, 1]) look(collection, busy);
  expect(collect).not.toHaveBeenCalled();
  look(collection, 1);
  expect(collect).toHaveBeenCalledTimes(1);
  expect(heapTotal).toBe(AT_REST);
});

test('it is collected twice, and no more until the next load', () => {
  const collection = new IdleCollection(collect);
  for (const loads of [1, 2]) {
    load();
    for (const busy of [50, 1, 1, 1, 1, 50]) look(collection, busy);
    expect(collect).toHaveBeenCalledTimes(2 * loads - 1);
    for (let looks = 1; looks <= 6; looks += 1) look(collection, 1);
    expect(collect).toHaveBeenCalledTimes(2 * loads);
  }
});

test('a smaller one is kept', () => {
  const collection = new IdleCollection(collect);
  heapTotal = AT_REST + 64 * MEGABYTES - 1;
  for (let looks = 1; looks <= 6; looks += 1) look(collection, 1);
  expect(collect).not.toHaveBeenCalled();
});

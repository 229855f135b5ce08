import { jest } from '@jest/globals';
import fc from 'fast-check';
import { Batcher, type BatcherOptions } from './batcher.js';

class BadRow extends Error {}
class LostConnection extends Error {}

type Options = Partial<BatcherOptions<string>>;

/** A batcher whose runs the test observes and ends. */
function batcherOf(options: Options = {}, run = async (rows: string[]) => rows.map((row) => `${row}!`)) {
  const batches: string[][] = [];
  const batcher = new Batcher<string, string>(
    (rows) => {
      batches.push(rows);
      return run(rows);
    },
    { largest: 100, mostWaiting: 100, blamesARow: (error) => error instanceof BadRow, ...options },
  );
  return {
    batcher,
    batches,
    submitAll: (...rows: string[]) => Promise.allSettled(rows.map((row) => batcher.submit(row))),
  };
}

/** A run that lasts until the test releases it. */
function held() {
  let letGo!: () => void;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  return { letGo, run: (rows: string[]) => gate.then(() => rows.map((row) => `${row}!`)) };
}

const immediately = () => new Promise(setImmediate);
const settled = async (promise: Promise<unknown>) => {
  let done = false;
  promise.then(() => (done = true)).catch(() => (done = true));
  await immediately();
  return done;
};

const refuses =
  (...bad: string[]) =>
  async (rows: string[]) => {
    if (rows.some((row) => bad.includes(row))) throw new BadRow(`refused among ${rows.join()}`);
    return rows.map((row) => `${row}!`);
  };

const endings = (results: PromiseSettledResult<string>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).constructor));

describe('a batcher', () => {
  test('puts the callers of one tick into one batch, and answers each with its own result', async () => {
    const { batches, submitAll } = batcherOf();
    expect(endings(await submitAll('a', 'b', 'c'))).toEqual(['a!', 'b!', 'c!']);
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  test('puts callers that arrive during a batch into the next one, in order', async () => {
    const { letGo, run } = held();
    const { batcher, batches } = batcherOf({}, run);
    const first = batcher.submit('a');
    await new Promise(setImmediate);
    const later = [];
    for (const row of ['d', 'c', 'b']) {
      later.push(batcher.submit(row));
      await new Promise(setImmediate);
    }
    expect(batches).toEqual([['a']]);
    letGo();
    expect(await Promise.all([first, ...later])).toEqual(['a!', 'd!', 'c!', 'b!']);
    expect(batches).toEqual([['a'], ['d', 'c', 'b']]);
  });

  test('runs one batch at a time', async () => {
    let underWay = 0;
    let most = 0;
    const { batcher } = batcherOf({ largest: 3 }, async (rows) => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return rows;
    });
    await Promise.all(Array.from({ length: 20 }, (_, at) => batcher.submit(String(at))));
    expect(most).toBe(1);
  });

  describe('with a batch that is held up, as on a silent connection', () => {
    let letGo: (() => void)[];
    let holding: ReturnType<typeof batcherOf>;

    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
      letGo = [];
      holding = batcherOf({}, (rows) => {
        if (!rows.some((row) => row.startsWith('stuck'))) return Promise.resolve(rows);
        return new Promise((resolve) => letGo.push(() => resolve(rows)));
      });
    });
    afterEach(() => jest.useRealTimers());

    test('runs the next batch beside it after a second', async () => {
      const { batcher } = holding;
      const stuck = batcher.submit('stuck');
      await immediately();
      const next = batcher.submit('next');
      await jest.advanceTimersByTimeAsync(999);
      expect(await settled(next)).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(await next).toBe('next');
      expect(await batcher.submit('later')).toBe('later');
      letGo[0]?.();
      expect(await stuck).toBe('stuck');
      expect(jest.getTimerCount()).toBe(0);
    });

    test('keeps callers waiting if two are held up: the database is the cause', async () => {
      const { batcher } = holding;
      const first = batcher.submit('stuck 1');
      await jest.advanceTimersByTimeAsync(1000);
      const second = batcher.submit('stuck 2');
      await jest.advanceTimersByTimeAsync(1000);
      const next = batcher.submit('next');
      await jest.advanceTimersByTimeAsync(60_000);
      expect(await settled(next)).toBe(false);
      letGo[0]?.();
      expect([await first, await next]).toEqual(['stuck 1', 'next']);
      letGo[1]?.();
      await second;
    });

    test('is drained only when it has ended', async () => {
      const { batcher } = holding;
      void batcher.submit('stuck');
      await jest.advanceTimersByTimeAsync(5000);
      const drained = batcher.drained();
      expect(await settled(drained)).toBe(false);
      letGo[0]?.();
      await drained;
    });
  });

  test('puts no more callers into a batch than fit', async () => {
    const { batches, submitAll } = batcherOf({ largest: 2 });
    await submitAll('a', 'b', 'c', 'd', 'e');
    expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test('keeps two changes of one row in separate batches, in order', async () => {
    const { batches, submitAll } = batcherOf({ keyOf: (row) => row.charAt(0) });
    await submitAll('a1', 'b1', 'a2', 'c1', 'b2', 'a3');
    expect(batches).toEqual([['a1', 'b1'], ['a2', 'c1', 'b2'], ['a3']]);
  });

  test('runs a lone caller at once, without a timer', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    try {
      const { batcher, batches } = batcherOf();
      expect(await batcher.submit('a')).toBe('a!');
      expect(batches).toEqual([['a']]);
      await immediately();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a row that is refused', () => {
  test('fails only its own caller', async () => {
    const { batches, submitAll } = batcherOf({}, refuses('c'));
    expect(endings(await submitAll('a', 'b', 'c', 'd', 'e'))).toEqual(['a!', 'b!', BadRow, 'd!', 'e!']);
    expect(batches).toEqual([['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c'], ['a', 'b'], ['c'], ['d', 'e']]);
  });

  test('is found at any position and in any number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), async (bad) => {
        const rows = bad.map((_, at) => String(at));
        const { submitAll } = batcherOf({}, refuses(...rows.filter((_, at) => bad[at])));
        expect(endings(await submitAll(...rows))).toEqual(rows.map((row, at) => (bad[at] ? BadRow : `${row}!`)));
      }),
      { numRuns: 50 },
    );
  });

  test('does not keep the next batch from running', async () => {
    const { submitAll } = batcherOf({}, refuses('a'));
    expect(endings(await submitAll('a'))).toEqual([BadRow]);
    expect(endings(await submitAll('b'))).toEqual(['b!']);
  });
});

test('any other failure fails every caller and is not repeated', async () => {
  const { batches, submitAll } = batcherOf({}, () => Promise.reject(new LostConnection()));
  expect(endings(await submitAll('a', 'b', 'c'))).toEqual([LostConnection, LostConnection, LostConnection]);
  expect(batches).toHaveLength(1);
});

test('a run that throws before it has begun fails its callers, and the next batch runs', async () => {
  let broken = true;
  const { submitAll } = batcherOf({}, (rows) => {
    if (broken) throw new LostConnection();
    return Promise.resolve(rows);
  });
  expect(endings(await submitAll('a', 'b'))).toEqual([LostConnection, LostConnection]);
  broken = false;
  expect(endings(await submitAll('c'))).toEqual(['c']);
});

describe('with more callers than it may keep', () => {
  test('refuses the surplus at once, and serves the waiting callers', async () => {
    const { letGo, run } = held();
    const { batcher } = batcherOf({ mostWaiting: 2 }, run);
    const first = batcher.submit('under way');
    await new Promise(setImmediate);
    const waiting = [batcher.submit('a'), batcher.submit('b')];
    await expect(batcher.submit('c')).rejects.toMatchObject({ code: 'overloaded' });
    letGo();
    expect(await Promise.all([first, ...waiting])).toEqual(['under way!', 'a!', 'b!']);
    expect(await batcher.submit('d')).toBe('d!');
  });
});

describe('drained', () => {
  test('resolves when no caller waits, including later ones', async () => {
    const { letGo, run } = held();
    const { batcher, batches } = batcherOf({}, run);
    const all = [batcher.submit('a')];
    await new Promise(setImmediate);
    const order: string[] = [];
    const drained = batcher.drained().then(() => order.push('drained'));
    all.push(batcher.submit('b'));
    for (const one of all) void one.then((result) => order.push(result));
    letGo();
    await drained;
    expect(order).toEqual(['a!', 'b!', 'drained']);
    expect(batches).toEqual([['a'], ['b']]);
  });

  test('resolves at once if no caller waits, and after a failure', async () => {
    const { batcher, submitAll } = batcherOf({}, () => Promise.reject(new LostConnection()));
    await batcher.drained();
    await submitAll('a');
    await batcher.drained();
  });
});

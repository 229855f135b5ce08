import { jest } from '@jest/globals';
import fc from 'fast-check';
import type { Operation, OperationEvent, Problem, ProblemCode } from './api.js';
import { Channel, type Transport, type Transports } from './channel.js';
import { errorOfProblem } from './http.js';
import { OutcomeError } from './outcome-error.js';
import { Connectivity } from './connectivity.js';

const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

/** The operation at a version; the last version is its ending. */
const at = (version: number, last: number) =>
  ({ id: ID, version, done: version === last, status: version === last ? 'success' : 'processing' }) as Operation;

const NEVER = new AbortController().signal;

const problemOf = (code: ProblemCode, status: number) => errorOfProblem({ code, status, detail: code } as Problem);

/**
 * A channel that receives what the test passes it, and a service with a complete history, which fails as planned at
 * first.
 */
function channelWith(last: number, changes: Partial<Transports> = {}, faults: Error[] = []) {
  const asked: number[] = [];
  const silent: Transport = {
    name: 'poll',
    isPush: false,
    listen: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(true))),
  };
  const transports: Transports = {
    inOrder: [silent],
    hasFixedToken: true,
    look: () => Promise.resolve(),
    history: async (_, { afterVersion }) => {
      asked.push(afterVersion);
      const fault = faults.shift();
      if (fault) throw fault;
      return Array.from(
        { length: last - afterVersion },
        (__, index) => ({ operation: at(afterVersion + index + 1, last) }) as OperationEvent,
      );
    },
    ...changes,
  };
  return {
    channel: new Channel(
      ID,
      transports,
      new Connectivity(),
      () => undefined,
      () => undefined,
    ),
    asked,
  };
}

async function versionsOf(watching: AsyncIterable<Operation>): Promise<number[]> {
  const versions: number[] = [];
  for await (const { version } of watching) versions.push(version);
  return versions;
}

describe('a watcher of an operation', () => {
  test('receives consecutive versions up to the ending, whatever arrives in whatever order', async () => {
    const arrivals = fc
      .integer({ min: 1, max: 12 })
      .chain((last) =>
        fc.tuple(
          fc.constant(last),
          fc.array(fc.integer({ min: 1, max: last }), { maxLength: 30 }),
          fc.integer({ min: 0, max: last }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(arrivals, async ([last, versions, afterVersion]) => {
        const { channel } = channelWith(last);
        const received = versionsOf(channel.versionsAfter(afterVersion, NEVER));
        for (const version of [...versions, last]) {
          channel.receive(at(version, last));
          if (version % 2) await Promise.resolve();
        }
        expect(await received).toEqual(
          Array.from({ length: last - afterVersion }, (_, index) => afterVersion + index + 1),
        );
      }),
    );
  });

  test('requests missing versions, and no others', async () => {
    const { channel, asked } = channelWith(5);
    const received = versionsOf(channel.versionsAfter(0, NEVER));
    await Promise.resolve();
    for (const version of [1, 2, 5]) channel.receive(at(version, 5));
    expect(await received).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toEqual([2]);
  });

  test('continues with the present version if the service no longer has the history', async () => {
    const { channel } = channelWith(5, { history: () => Promise.resolve([]) });
    const received = versionsOf(channel.versionsAfter(0, NEVER));
    await Promise.resolve();
    channel.receive(at(5, 5));
    expect(await received).toEqual([5]);
  });

  test('receives an ending even behind its last version, as after a restore of the service', async () => {
    const { channel } = channelWith(9);
    const received = versionsOf(channel.versionsAfter(6, NEVER));
    await Promise.resolve();
    channel.receive({ ...at(4, 4), done: true });
    expect(await received).toEqual([4]);
    expect(channel.following.operation?.version).toBe(4);
  });

  test('receives nothing if it has seen every version', async () => {
    const { channel } = channelWith(3);
    const received = versionsOf(channel.versionsAfter(3, NEVER));
    await Promise.resolve();
    channel.receive(at(3, 3));
    expect(await received).toEqual([]);
  });

  test('that joins later receives every version', async () => {
    const { channel } = channelWith(4);
    const first = versionsOf(channel.versionsAfter(0, NEVER));
    await Promise.resolve();
    for (const version of [1, 2, 3]) channel.receive(at(version, 4));
    const second = versionsOf(channel.versionsAfter(0, NEVER));
    await Promise.resolve();
    channel.receive(at(4, 4));
    expect(await Promise.all([first, second])).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
  });

  test('rejects with a final problem of the service, and with its signal', async () => {
    const error = problemOf('operation_not_found', 404);
    const transport: Transport = { name: 'poll', isPush: false, listen: () => Promise.reject(error) };
    const { channel } = channelWith(2, { inOrder: [transport] });
    await expect(channel.ending(NEVER)).rejects.toBe(error);

    const { channel: silent } = channelWith(2);
    const reason = new Error('the reader has had enough');
    const controller = new AbortController();
    const ending = silent.ending(controller.signal);
    const watching = versionsOf(silent.versionsAfter(0, controller.signal));
    controller.abort(reason);
    await expect(ending).rejects.toBe(reason);
    await expect(watching).rejects.toBe(reason);
  });

  describe('whose credentials are refused', () => {
    const refused = problemOf('credentials_expired', 401);
    /** Fails as planned, one try after the other, and then delivers the ending. */
    const planned = (...plan: (Error | boolean)[]): Transport & { tries: number } => ({
      name: 'poll',
      isPush: false,
      tries: 0,
      listen(channel) {
        const fault = plan[this.tries++];
        if (fault instanceof Error) return Promise.reject(fault);
        if (fault === undefined) channel.receive(at(1, 1));
        return Promise.resolve(fault ?? true);
      },
    });
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    async function ending(changes: Partial<Transports>) {
      const ending = channelWith(1, changes).channel.ending(NEVER);
      const settled = ending.then(
        ({ status }) => status,
        (error: unknown) => error,
      );
      await jest.advanceTimersByTimeAsync(5 * 60_000);
      return Promise.race([settled, Promise.resolve('is still tried')]);
    }

    test('learns that at once if they cannot change, when each transport was tried', async () => {
      const [first, last] = [planned(refused), planned(refused)];
      expect(await ending({ inOrder: [first, last] })).toBe(refused);
      expect([first.tries, last.tries]).toEqual([1, 1]);
      expect(await ending({ inOrder: [planned(refused), planned()] })).toBe('success');
    });

    test('goes on with others, and learns that those are refused, too', async () => {
      const again = problemOf('credentials_expired', 401);
      const renewed = { hasFixedToken: false };
      expect(await ending({ ...renewed, inOrder: [planned(refused)] })).toBe('success');
      expect(await ending({ ...renewed, inOrder: [planned(refused, false, again)] })).toBe(again);
      expect(await ending({ ...renewed, inOrder: [planned(refused, true, again)] })).toBe('success');
    });

    test('counts a problem once, however often it is met', async () => {
      const met = planned(refused, refused, false, refused);
      expect(await ending({ hasFixedToken: false, inOrder: [met] })).toBe('success');
    });

    describe('by what it has missed', () => {
      async function versions(hasFixedToken: boolean, ...plan: Error[]) {
        const { channel } = channelWith(3, { hasFixedToken }, plan);
        const received = versionsOf(channel.versionsAfter(0, NEVER)).catch((error: unknown) => error);
        await Promise.resolve();
        channel.receive(at(3, 3));
        await jest.advanceTimersByTimeAsync(60_000);
        return Promise.race([received, Promise.resolve('is still tried')]);
      }
      const again = problemOf('credentials_expired', 401);

      test('reads that with others, and learns that those are refused, too', async () => {
        expect(await versions(false, refused)).toEqual([1, 2, 3]);
        expect(await versions(false, refused, again)).toBe(again);
      });

      test.each([true, false])(
        'reads that once there is an answer, however late (a token for ever: %j)',
        async (fixed) => {
          const unreachable = new OutcomeError('unreachable', 'No answer in 60 s.', { retryable: true });
          expect(await versions(fixed, unreachable, problemOf('shutting_down', 503), unreachable)).toEqual([1, 2, 3]);
          expect(await versions(false, unreachable, refused, unreachable, again)).toBe(again);
        },
      );

      test('learns that at once if they cannot change, or if it is another error', async () => {
        expect(await versions(true, refused)).toBe(refused);
        const missing = problemOf('scope_missing', 403);
        expect(await versions(false, missing)).toBe(missing);
      });
    });

    test.each([
      ['408', problemOf('request_timeout', 408)],
      ['429', problemOf('rate_limited', 429)],
      ['503', problemOf('identity_provider_unavailable', 503)],
      ['no answer', new Error('no network')],
    ])('goes on after %s', async (_, error) => {
      expect(await ending({ inOrder: [planned(error, error, error)] })).toBe('success');
    });
  });

  test('is notified whatever other subscribers do, and their errors are reported', async () => {
    const { channel } = channelWith(3);
    const reported: unknown[] = [];
    const queue = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task();
      } catch (error) {
        reported.push(error);
      }
    });
    const broken = new Error('a subscriber that throws');
    channel.subscribe(() => {
      throw broken;
    });
    const received: (number | undefined)[] = [];
    channel.subscribe(() => received.push(channel.following.operation?.version));
    const ending = channel.ending(NEVER);
    channel.receive(at(2, 3));
    channel.receive(at(3, 3));
    queue.mockRestore();
    expect((await ending).version).toBe(3);
    expect(received).toEqual([2, 3]);
    expect(reported).toEqual([broken, broken]);
  });

  test('is notified before the intent is updated', async () => {
    const calls: string[] = [];
    const transports: Transports = {
      inOrder: [],
      hasFixedToken: true,
      look: () => Promise.resolve(),
      history: () => Promise.resolve([]),
    };
    const channel = new Channel(
      ID,
      transports,
      new Connectivity(),
      () => calls.push('noted'),
      () => undefined,
    );
    const leave = channel.subscribe(() => calls.push('notified'));
    channel.receive(at(1, 2));
    leave();
    expect(calls).toEqual(['notified', 'noted']);
  });

  test('keeps an ending, whatever arrives later', () => {
    const { channel } = channelWith(3);
    channel.receive(at(3, 3));
    channel.receive({ ...at(4, 9), status: 'failed', done: true });
    expect(channel.following.operation).toEqual(at(3, 3));
  });
});

describe('a channel', () => {
  const silent = (name: Transport['name']): Transport => ({
    name,
    isPush: true,
    listen: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(true))),
  });
  /** The service has ended the operation, and push delivers nothing. */
  const deaf = (looks: number[]): Transports => ({
    inOrder: [silent('socket')],
    hasFixedToken: true,
    look: (channel) => {
      looks.push(channel.version);
      channel.receive(at(2, 2));
      return Promise.resolve();
    },
    history: () => Promise.resolve([]),
  });
  const channelOn = (transports: Transports, connectivity = new Connectivity(), onIdle: () => void = () => undefined) =>
    new Channel(ID, transports, connectivity, () => undefined, onIdle);

  test('reads the operation when the page becomes visible, or the network is back', async () => {
    const looks: number[] = [];
    const connectivity = new Connectivity();
    const channel = channelOn(deaf(looks), connectivity);
    const ending = channel.ending(NEVER);
    await Promise.resolve();
    channel.receive(at(1, 2));
    (connectivity as unknown as { wake(): void }).wake();
    expect((await ending).version).toBe(2);
    expect(looks).toEqual([1]);
  });

  test('reads the operation after half a minute without a push, as after the machine has slept', async () => {
    jest.useFakeTimers();
    try {
      const looks: number[] = [];
      const channel = channelOn(deaf(looks));
      const ending = channel.ending(NEVER);
      await jest.advanceTimersByTimeAsync(29_000);
      expect(looks).toEqual([]);
      await jest.advanceTimersByTimeAsync(8000);
      expect((await ending).version).toBe(2);
      await jest.advanceTimersByTimeAsync(10 * 60_000);
      expect([looks, jest.getTimerCount()]).toEqual([[0], 0]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('leaves it to the transport whether credentials that a read finds refused may be renewed', async () => {
    jest.useFakeTimers();
    try {
      const answers = [problemOf('credentials_expired', 401), problemOf('operation_not_found', 404)];
      const left = [...answers];
      const look = () => Promise.reject(left.shift()!);
      const error = channelOn({ ...deaf([]), look })
        .ending(NEVER)
        .catch((error: unknown) => error);
      await jest.advanceTimersByTimeAsync(2 * 60_000);
      expect(await error).toBe(answers[1]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('tries the next transport if one does not work, and stops without subscribers', async () => {
    const tried: string[] = [];
    const transport = (name: Transport['name'], works: boolean): Transport => ({
      name,
      isPush: false,
      listen: (channel, signal) => {
        tried.push(name);
        if (!works) return Promise.resolve(false);
        channel.receiveBy(name);
        return new Promise((resolve) => signal.addEventListener('abort', () => (tried.push('stopped'), resolve(true))));
      },
    });
    let isIdle = false;
    const transports: Transports = {
      inOrder: [transport('socket', false), transport('poll', true)],
      hasFixedToken: true,
      look: () => Promise.resolve(),
      history: () => Promise.resolve([]),
    };
    const channel = channelOn(transports, new Connectivity(), () => (isIdle = true));
    await new Promise<void>((resolve) => {
      const leave = channel.subscribe(() => {
        expect(channel.following.via).toBe('poll');
        leave();
        resolve();
      });
    });
    await Promise.resolve();
    expect(tried).toEqual(['socket', 'poll', 'stopped']);
    expect(isIdle).toBe(true);
  });
});

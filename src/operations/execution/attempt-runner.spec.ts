import { z } from 'zod';
import type { Clock } from '../../clock/clock.js';
import type { Operation } from '../domain/operation.js';
import { StaleOperation } from '../domain/operation-errors.js';
import type { RegisteredKind } from '../kinds/kind-register.js';
import type { Execution, OperationKind } from '../kinds/operation-kind.js';
import { CancelRequested, type Outcome, succeeded } from '../kinds/outcome.js';
import type { OperationRepository } from '../persistence/operation.repository.js';
import { Gate } from '../../../test/support/gate.js';
import { newOperation } from '../../../test/support/new-operation.js';
import { TimeIsUp, AttemptRunner } from './attempt-runner.js';

const open = z.strictObject({});
const NOW = new Date('2026-01-01T00:00:00Z');
const never = new AbortController().signal;

type Work = (execution: Execution<Record<string, never>>) => Promise<Outcome>;

/** An operation that a worker has claimed. */
function claimed(): Operation {
  const operation = newOperation({ input: { a: 1 } }, NOW);
  operation.beginAttempt(NOW);
  operation.markStored(null);
  return operation;
}

/** Stores what it is told to, or refuses it; `cancelAt` is the version at which somebody asks to cancel it. */
function storing({ refuse = false, cancelAt = Infinity }: { refuse?: boolean; cancelAt?: number } = {}) {
  const stored: number[] = [];
  const save = async (operation: Operation) => {
    await new Promise(setImmediate);
    if (refuse) throw StaleOperation.at(operation.id, operation.expected.version, operation.expected.fence);
    stored.push(operation.current.version);
    operation.markStored(operation.current.version >= cancelAt ? NOW : null);
  };
  return { stored, repository: { save } as unknown as OperationRepository };
}

function attemptOf(
  execute: Work,
  { repository } = storing(),
  { timeLimitMs = 60_000, shutdown = never, operation = claimed() } = {},
): AttemptRunner {
  const handler = { execute } as OperationKind;
  const kind: RegisteredKind = {
    name: 'test.work',
    summary: '',
    input: open,
    result: open,
    timeLimitMs,
    examples: {},
    handler,
  };
  return new AttemptRunner(operation, kind, repository, { now: () => NOW } as Clock, shutdown);
}

const percent = (percent: number) => ({ percent, message: null });

describe('a try', () => {
  test('is told what there is to do, and answers with what came of it', async () => {
    let given: Execution<Record<string, never>> | undefined;
    const outcome = await attemptOf(async (execution) => {
      given = execution;
      return succeeded({ done: true });
    }).execute();
    expect(outcome).toEqual(succeeded({ done: true }));
    expect(given).toMatchObject({
      operationId: '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
      attempt: 1,
      fence: 1,
      input: { a: 1 },
    });
  });

  test('passes on what the work throws', async () => {
    await expect(attemptOf(() => Promise.reject(new Error('out of paper'))).execute()).rejects.toThrow('out of paper');
    await expect(
      attemptOf(() => {
        throw new Error('at once');
      }).execute(),
    ).rejects.toThrow('at once');
  });

  test('is given up when its time is up, and the work is told', async () => {
    let passedSignal: AbortSignal | undefined;
    const work: Work = ({ signal }) => {
      passedSignal = signal;
      return new Promise(() => undefined);
    };
    await expect(attemptOf(work, storing(), { timeLimitMs: 10 }).execute()).rejects.toThrow(TimeIsUp);
    expect(passedSignal?.aborted).toBe(true);
  });

  test('that was given up and answers after all has its answer entered elsewhere, and changes no operation', async () => {
    const late = new Gate();
    const found: Outcome[] = [];
    const entered = new Gate();
    const saveFound = (outcome: Outcome) => (found.push(outcome), entered.open(), Promise.resolve(outcome));
    const { stored, repository } = storing();
    const runner = attemptOf(
      () => late.pass().then(() => succeeded({ done: true })),
      { stored, repository: { save: repository.save, saveFound } as unknown as OperationRepository },
      { timeLimitMs: 10 },
    );
    await expect(runner.execute()).rejects.toThrow(TimeIsUp);
    late.open();
    await entered.pass();
    expect(found).toEqual([succeeded({ done: true })]);
    expect(stored).toEqual([]);
  });

  test('is told when the process shuts down, and may still end', async () => {
    const shutdown = new AbortController();
    const outcome = attemptOf(
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(succeeded({})))),
      storing(),
      {
        shutdown: shutdown.signal,
      },
    ).execute();
    shutdown.abort();
    expect(await outcome).toEqual(succeeded({}));
  });

  test('listens to nothing once it has ended', async () => {
    const shutdown = new AbortController();
    let listeners = 0;
    const { signal } = shutdown;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => ((listeners += 1), add(...given));
    signal.removeEventListener = (...given: Parameters<typeof remove>) => ((listeners -= 1), remove(...given));
    await attemptOf(async () => succeeded({}), storing(), { shutdown: signal }).execute();
    await attemptOf(() => Promise.reject(new Error()), storing(), { shutdown: signal })
      .execute()
      .catch(() => undefined);
    expect(listeners).toBe(0);
  });

  test('of a kind without a look-up leaves what is unknown unknown', async () => {
    expect(await attemptOf(async () => succeeded({})).lookUp()).toEqual({ type: 'unknown', reason: 'no_look_up' });
  });
});

describe('progress', () => {
  test('is stored before the work that awaits it goes on', async () => {
    const store = storing();
    await attemptOf(async ({ progress }) => {
      await progress(percent(10));
      expect(store.stored).toEqual([3]);
      await progress(percent(20));
      expect(store.stored).toEqual([3, 4]);
      return succeeded({});
    }, store).execute();
  });

  test('that nobody awaits is stored in order, before the try is over', async () => {
    const store = storing();
    const operation = claimed();
    await attemptOf(
      async ({ progress }) => {
        void progress(percent(10));
        void progress(percent(20));
        void progress(percent(30));
        return succeeded({});
      },
      store,
      { operation },
    ).execute();
    expect(store.stored).toEqual([3, 4, 5]);
    expect(operation.current.progress).toEqual(percent(30));
    expect(operation.events).toEqual([]);
  });

  test('is stored before the try is over also where the work throws: two writes of one operation never overlap', async () => {
    const store = storing();
    const operation = claimed();
    const work: Work = ({ progress }) => {
      void progress(percent(10));
      return Promise.reject(new Error('out of paper'));
    };
    await expect(attemptOf(work, store, { operation }).execute()).rejects.toThrow('out of paper');
    expect(store.stored).toEqual([3]);
    expect(operation.events).toEqual([]);
  });

  test('of a worker that was fenced off fails the work that awaits it', async () => {
    const work: Work = async ({ progress }) => {
      await progress(percent(10));
      return succeeded({});
    };
    await expect(attemptOf(work, storing({ refuse: true })).execute()).rejects.toBeInstanceOf(StaleOperation);
  });

  test('that cannot be stored and that nobody awaits does not end the try', async () => {
    const work: Work = async ({ progress }) => {
      void progress(percent(10));
      void progress(percent(20));
      return succeeded({});
    };
    expect(await attemptOf(work, storing({ refuse: true })).execute()).toEqual(succeeded({}));
  });

  test('that comes after the try has ended is refused, and changes nothing', async () => {
    const store = storing();
    const operation = claimed();
    let late!: Execution<Record<string, never>>['progress'];
    const work: Work = async ({ progress }) => {
      late = progress;
      return succeeded({});
    };
    await attemptOf(work, store, { operation }).execute();
    const before = structuredClone(operation.current);
    await expect(late(percent(99))).rejects.toThrow('Progress came after the try had ended.');
    // Where nobody awaits it, it must not end the process; Jest fails a test with an unhandled rejection.
    void late(percent(100));
    await new Promise(setImmediate);
    expect(operation.current).toEqual(before);
    expect(store.stored).toEqual([]);
  });

  test('tells the work that somebody asks to cancel it', async () => {
    const reasons: unknown[] = [];
    await attemptOf(
      async ({ progress, signal }) => {
        await progress(percent(10));
        reasons.push(signal.reason);
        await progress(percent(20));
        reasons.push(signal.reason);
        return succeeded({});
      },
      storing({ cancelAt: 4 }),
    ).execute();
    expect(reasons).toEqual([undefined, expect.any(CancelRequested)]);
  });
});

import { z } from 'zod';
import type { Clock } from '../../clock/clock.js';
import type { Operation } from '../domain/operation.js';
import { StaleOperation } from '../domain/operation-errors.js';
import type { RegisteredKind } from '../kinds/kind-register.js';
import type { Execution, OperationKind } from '../kinds/operation-kind.js';
import { CancelRequested, type Outcome, succeeded } from '../kinds/outcome.js';
import type { OperationRepository } from '../persistence/operation.repository.js';
import type { Claim } from '../persistence/worker-lease.js';
import { Gate } from '../../../test/support/gate.js';
import { newOperation } from '../../../test/support/new-operation.js';
import { StopSignal } from './stop-signal.js';
import { TimeIsUp, AttemptRunner } from './attempt-runner.js';

const open = z.strictObject({});
const NOW = new Date('2026-01-01T00:00:00Z');
const never = new StopSignal();

type Work = (execution: Execution<Record<string, never>>) => Promise<Outcome>;

/** An operation that a worker has claimed. */
function claimed(): Operation {
  const operation = newOperation({ input: { a: 1 } }, NOW);
  operation.beginAttempt(NOW);
  operation.markStored(null);
  return operation;
}

/** Stores or refuses each save; `cancelAt` is the version at which a client requests a cancel. */
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

interface Given extends Partial<Claim> {
  timeLimitMs?: number;
  shutdown?: StopSignal;
}

function attemptOf(
  execute: Work,
  { repository } = storing(),
  { timeLimitMs = 60_000, shutdown = never, operation = claimed(), opening }: Given = {},
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
  return new AttemptRunner({ operation, opening }, kind, repository, { now: () => NOW } as Clock, shutdown);
}

const percent = (percent: number) => ({ percent, message: null });

describe('an attempt', () => {
  test('passes the operation to the handler, and returns its outcome', async () => {
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

  test('passes the row that was stored with the claim', async () => {
    const given: unknown[] = [];
    const work: Work = async ({ opening }) => {
      given.push(opening);
      return succeeded({ done: true });
    };
    const statement = { name: 'test-open', ctes: () => '', values: () => [] };
    await attemptOf(work, storing(), { opening: { statement, row: { of: 'a test' } } }).execute();
    await attemptOf(work).execute();
    expect(given).toEqual([{ of: 'a test' }, undefined]);
  });

  test('rethrows the error of the handler', async () => {
    await expect(attemptOf(() => Promise.reject(new Error('out of paper'))).execute()).rejects.toThrow('out of paper');
    await expect(
      attemptOf(() => {
        throw new Error('at once');
      }).execute(),
    ).rejects.toThrow('at once');
  });

  test('rejects when its time is up, and aborts the handler', async () => {
    let passedSignal: AbortSignal | undefined;
    const work: Work = ({ signal }) => {
      passedSignal = signal;
      return new Promise(() => undefined);
    };
    await expect(attemptOf(work, storing(), { timeLimitMs: 10 }).execute()).rejects.toThrow(TimeIsUp);
    expect(passedSignal?.aborted).toBe(true);
  });

  test('stores a late answer beside the operation, and does not change the operation', async () => {
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

  test('aborts the handler when the process shuts down, and still returns its outcome', async () => {
    const shutdown = new StopSignal();
    const outcome = attemptOf(
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(succeeded({})))),
      storing(),
      { shutdown },
    ).execute();
    shutdown.stop(new Error('The process shuts down.'));
    expect(await outcome).toEqual(succeeded({}));
  });

  test('removes its listeners once it has ended', async () => {
    const shutdown = new StopSignal();
    const gate = new Gate<Outcome>();
    const running = attemptOf(() => gate.pass(), storing(), { shutdown }).execute();
    expect(shutdown.listening).toBe(1);
    gate.open(succeeded({}));
    await running;
    await attemptOf(() => Promise.reject(new Error()), storing(), { shutdown })
      .execute()
      .catch(() => undefined);
    expect(shutdown.listening).toBe(0);
  });

  test('leaves the outcome unknown if the kind has no look-up', async () => {
    expect(await attemptOf(async () => succeeded({})).lookUp()).toEqual({ type: 'unknown', reason: 'no_look_up' });
  });
});

describe('progress', () => {
  test('is stored before the handler that awaits it continues', async () => {
    const store = storing();
    await attemptOf(async ({ progress }) => {
      await progress(percent(10));
      expect(store.stored).toEqual([3]);
      await progress(percent(20));
      expect(store.stored).toEqual([3, 4]);
      return succeeded({});
    }, store).execute();
  });

  test('that the handler does not await is stored in order, before the attempt ends', async () => {
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

  test('is stored before the attempt ends even if the handler throws: two writes of one operation never overlap', async () => {
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

  test('of a worker that was fenced off rejects in the handler that awaits it', async () => {
    const work: Work = async ({ progress }) => {
      await progress(percent(10));
      return succeeded({});
    };
    await expect(attemptOf(work, storing({ refuse: true })).execute()).rejects.toBeInstanceOf(StaleOperation);
  });

  test('that cannot be stored does not end the attempt if the handler does not await it', async () => {
    const work: Work = async ({ progress }) => {
      void progress(percent(10));
      void progress(percent(20));
      return succeeded({});
    };
    expect(await attemptOf(work, storing({ refuse: true })).execute()).toEqual(succeeded({}));
  });

  test('that arrives after the attempt has ended is refused, and changes nothing', async () => {
    const store = storing();
    const operation = claimed();
    let late!: Execution<Record<string, never>>['progress'];
    const work: Work = async ({ progress }) => {
      late = progress;
      return succeeded({});
    };
    await attemptOf(work, store, { operation }).execute();
    const before = structuredClone(operation.current);
    await expect(late(percent(99))).rejects.toThrow('Progress came after the attempt had ended.');
    // Not awaited: its rejection must not end the process. Jest fails a test with an unhandled rejection.
    void late(percent(100));
    await new Promise(setImmediate);
    expect(operation.current).toEqual(before);
    expect(store.stored).toEqual([]);
  });

  test('aborts the handler when a client requests a cancel', async () => {
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

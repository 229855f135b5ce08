import fc from 'fast-check';
import type { EventType } from './events.js';
import { Operation } from './operation.js';
import { OperationAlreadyEnded, Refusal, TransitionNotAllowed } from './refusals.js';
import { isEnding, mayFollow, type Status, STATUSES } from './status.js';

const MINUTE = 60_000;
const NOW = new Date('2026-01-01T00:00:00Z');
const LATER = new Date(NOW.getTime() + MINUTE);

const given = {
  id: '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
  kind: 'payment.charge',
  input: { amount: 1999 },
  metadata: { order: 'A-1001' },
  idempotencyKey: null,
  requestHash: null,
  requestId: null,
  expiresAt: null,
};

/** Every step that somebody can take. */
const STEPS = {
  beginAttempt: (operation: Operation) => operation.beginAttempt(NOW),
  reportProgress: (operation: Operation) => operation.reportProgress({ percent: 50, message: 'half' }, NOW),
  retryAt: (operation: Operation) => operation.retryAt(LATER, 'provider_unavailable', NOW),
  reconcileAt: (operation: Operation) => operation.reconcileAt(LATER, 'answer_lost', NOW),
  requireAction: (operation: Operation) => operation.requireAction({ type: 'redirect' }, NOW),
  succeed: (operation: Operation) => operation.succeed({ reference: 'r' }, NOW),
  fail: (operation: Operation) => operation.fail({ code: 'card_declined', message: 'Declined.', retryable: false }, NOW),
  cancel: (operation: Operation) => operation.cancel(NOW),
  expire: (operation: Operation) => operation.expire(NOW),
} as const;

type Step = keyof typeof STEPS;

const STEP_NAMES = Object.keys(STEPS) as Step[];

/** An operation that has come to a status by the steps that lead there, as it is read back. */
const WAYS: Record<Status, Step[]> = {
  pending: [],
  processing: ['beginAttempt'],
  requires_action: ['beginAttempt', 'requireAction'],
  reconciling: ['beginAttempt', 'reconcileAt'],
  success: ['beginAttempt', 'succeed'],
  failed: ['beginAttempt', 'fail'],
  canceled: ['cancel'],
  expired: ['expire'],
};

function operationAt(status: Status): Operation {
  const operation = Operation.start(given, NOW);
  for (const step of WAYS[status]) STEPS[step](operation);
  expect(operation.status).toBe(status);
  return Operation.from({ ...operation.current });
}

const everythingOf = (operation: Operation) =>
  structuredClone({
    current: operation.current,
    events: operation.events.map(({ type, version }) => ({ type, version })),
    expected: operation.expected,
    lostAWorker: operation.lostAWorker,
  });

const refusalOf = (operation: Operation, step: Step): unknown => {
  try {
    STEPS[step](operation);
    return undefined;
  } catch (error) {
    return error;
  }
};

/** Which step moves to a status, and the event that tells of it. */
const MOVES: Record<Exclude<Status, 'pending'>, (from: Status) => { step: Step; type: EventType }> = {
  processing: (from) =>
    from === 'reconciling' ? { step: 'retryAt', type: 'operation.retrying' } : { step: 'beginAttempt', type: 'operation.processing' },
  requires_action: () => ({ step: 'requireAction', type: 'operation.action_required' }),
  reconciling: () => ({ step: 'reconcileAt', type: 'operation.reconciling' }),
  success: () => ({ step: 'succeed', type: 'operation.succeeded' }),
  failed: () => ({ step: 'fail', type: 'operation.failed' }),
  canceled: () => ({ step: 'cancel', type: 'operation.canceled' }),
  expired: () => ({ step: 'expire', type: 'operation.expired' }),
};

const pairs = STATUSES.flatMap((from) =>
  (Object.keys(MOVES) as (keyof typeof MOVES)[]).filter((to) => to !== from).map((to) => ({ from, to, ...MOVES[to](from) })),
);

describe('the table of statuses', () => {
  const allowed = pairs.filter(({ from, to }) => mayFollow(from, to));
  const refused = pairs.filter(({ from, to }) => !mayFollow(from, to));

  test.each(allowed)('lets $to follow $from: $step', ({ from, to, step, type }) => {
    const operation = operationAt(from);
    const { version } = operation.current;
    STEPS[step](operation);
    expect(operation.current).toMatchObject({ status: to, version: version + 1, updatedAt: NOW });
    expect(operation.events.map((event) => [event.type, event.version, event.snapshot.status])).toEqual([[type, version + 1, to]]);
  });

  test.each(refused)('refuses $to after $from: $step', ({ from, step }) => {
    const operation = operationAt(from);
    const before = everythingOf(operation);
    expect(refusalOf(operation, step)).toBeInstanceOf(isEnding(from) ? OperationAlreadyEnded : TransitionNotAllowed);
    expect(everythingOf(operation)).toEqual(before);
  });

  test('has no way back to pending', () => {
    expect(STATUSES.filter((status) => mayFollow(status, 'pending'))).toEqual([]);
  });
});

describe('the steps that stay at a status', () => {
  const stays: { step: Step; at: Status[]; type: EventType }[] = [
    { step: 'reportProgress', at: ['processing'], type: 'operation.progressed' },
    { step: 'retryAt', at: ['processing'], type: 'operation.retrying' },
    { step: 'reconcileAt', at: ['reconciling'], type: 'operation.reconciling' },
  ];

  test.each(stays)('$step tells of itself', ({ step, at, type }) => {
    for (const status of at) {
      const operation = operationAt(status);
      STEPS[step](operation);
      expect(operation.status).toBe(status);
      expect(operation.events.map((event) => event.type)).toEqual([type]);
    }
  });

  test('progress is told while it is worked on, and at no other time', () => {
    const elsewhere = STATUSES.filter((status) => status !== 'processing');
    for (const status of elsewhere) expect(refusalOf(operationAt(status), 'reportProgress')).toBeInstanceOf(Refusal);
  });
});

describe('whatever is tried, in whatever order,', () => {
  test('a refused step changes nothing, a taken one is one event, and there is one ending at most', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEP_NAMES), { maxLength: 25 }), (steps) => {
        const operation = Operation.start(given, NOW);
        for (const step of steps) {
          const before = everythingOf(operation);
          const wasDone = operation.done;
          const error = refusalOf(operation, step);
          if (error) {
            expect(error).toBeInstanceOf(Refusal);
            expect(everythingOf(operation)).toEqual(before);
            continue;
          }
          expect(wasDone).toBe(false);
          const { current } = operation;
          const told = operation.events.length - before.events.length;
          expect(told).toBe(current.version - before.current.version);
          expect(told).toBeLessThanOrEqual(1);
          if (told === 0) expect([current.attempt, current.status]).toEqual([before.current.attempt + 1, before.current.status]);
          if (current.status !== before.current.status) expect(mayFollow(before.current.status, current.status)).toBe(true);
          expect(current.attempt).toBeGreaterThanOrEqual(before.current.attempt);
          expect(current.finishedAt !== null).toBe(operation.done);
          if (operation.done) expect(current.nextAttemptAt).toBeNull();
        }
        const { events, current } = operation;
        expect(events.map(({ version }) => version)).toEqual(events.map((_, at) => at + 1));
        expect(events.filter(({ snapshot }) => isEnding(snapshot.status))).toHaveLength(operation.done ? 1 : 0);
        const { status, progress, nextAction, result, failure } = current;
        expect(events.at(-1)?.snapshot).toMatchObject({ status, progress, nextAction, result, failure });
      }),
    );
  });
});

describe('an attempt', () => {
  test('has the next number each time, which fences off whoever held it before', () => {
    const operation = operationAt('processing');
    expect(operation.expected).toEqual({ version: 2, attempt: 1 });
    operation.beginAttempt(NOW);
    expect(operation.current.attempt).toBe(2);
    expect(operation.expected).toEqual({ version: 2, attempt: 1 });
    operation.markStored(null);
    expect(operation.expected).toEqual({ version: 3, attempt: 2 });
    expect(operation.events).toEqual([]);
  });

  test('tells of the worker that was lost before it', () => {
    const operation = operationAt('processing');
    operation.beginAttempt(NOW);
    expect(operation.lostAWorker).toBe(true);
    expect(operation.events.map(({ type, detail }) => ({ type, detail }))).toEqual([
      { type: 'operation.retrying', detail: { attempt: 2, reason: 'worker_lost', nextAttemptAt: null } },
    ]);
  });

  test('that was awaited has lost no worker', () => {
    const operation = operationAt('processing');
    operation.retryAt(LATER, 'provider_unavailable', NOW);
    operation.beginAttempt(LATER);
    expect(operation.lostAWorker).toBe(false);
    expect(operation.current.nextAttemptAt).toBeNull();
  });
});

describe('calling off', () => {
  const waiting = operationAt('processing');
  waiting.retryAt(LATER, 'provider_unavailable', NOW);
  const reconciling = operationAt('reconciling');

  test.each([
    ['nobody has begun', operationAt('pending'), true],
    ['a worker is at it', operationAt('processing'), false],
    ['it waits to be tried again', waiting, true],
    ['the customer is asked', operationAt('requires_action'), true],
    ['the answer is unknown', reconciling, false],
  ])('while %s can win at once: %#', (_, operation, wins) => {
    expect(operation.isIdle).toBe(wins);
  });
});

describe('the deadline', () => {
  const before = new Date(NOW.getTime() - 1);

  test.each(STATUSES)('counts where nothing has taken effect: %s', (status) => {
    const operation = Operation.from({ ...operationAt(status).current, expiresAt: NOW });
    const counts = status === 'pending' || status === 'requires_action';
    expect(operation.hasPassedItsDeadline(NOW)).toBe(counts);
    expect(operation.hasPassedItsDeadline(before)).toBe(false);
  });

  test('never passes where there is none', () => {
    expect(operationAt('pending').hasPassedItsDeadline(LATER)).toBe(false);
  });
});

test('what the customer must do is gone once it is done', () => {
  const operation = operationAt('requires_action');
  expect(operation.current.nextAction).toEqual({ type: 'redirect' });
  operation.beginAttempt(NOW);
  expect(operation.current.nextAction).toBeNull();
});

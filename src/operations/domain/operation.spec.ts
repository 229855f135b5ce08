import fc from 'fast-check';
import type { EventType } from './operation-events.js';
import { newOperation } from '../../../test/support/new-operation.js';
import { Operation } from './operation.js';
import { DomainError } from '../../errors/domain-error.js';
import { NothingToReview, OperationAlreadyEnded, TransitionNotAllowed } from './operation-errors.js';
import { isEnding, mayFollow, type Status, STATUSES } from './operation-status.js';

const MINUTE = 60_000;
const NOW = new Date('2026-01-01T00:00:00Z');
const LATER = new Date(NOW.getTime() + MINUTE);
const MUCH_LATER = new Date(NOW.getTime() + 60 * MINUTE);
const ASKED = { type: 'redirect', url: 'https://bank.example/ask' } as const;

/** Every step of an operation. */
const STEPS = {
  beginAttempt: (operation: Operation) => operation.beginAttempt(NOW),
  resume: (operation: Operation) => operation.resume(NOW),
  reportProgress: (operation: Operation) => operation.reportProgress({ percent: 50, message: 'half' }, NOW),
  retryAt: (operation: Operation) => operation.retryAt(LATER, 'provider_unavailable', NOW),
  reconcileAt: (operation: Operation) => operation.reconcileAt(LATER, 'answer_lost', NOW, MUCH_LATER),
  requireAction: (operation: Operation) => operation.requireAction(ASKED, LATER, NOW),
  waitOn: (operation: Operation) => operation.waitOn(LATER),
  takeOver: (operation: Operation) => operation.takeOver(),
  handBack: (operation: Operation) => operation.handBack(LATER),
  succeed: (operation: Operation) => operation.succeed({ reference: 'r' }, NOW),
  fail: (operation: Operation) =>
    operation.fail({ code: 'card_declined', message: 'Declined.', retryable: false }, NOW),
  cancel: (operation: Operation) => operation.cancel(NOW),
  expire: (operation: Operation) => operation.expire(NOW),
} as const;

type Step = keyof typeof STEPS;

const STEP_NAMES = Object.keys(STEPS) as Step[];

/** An operation at each status, reached by the steps that lead there, as read from the database. */
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
  const operation = newOperation();
  for (const step of WAYS[status]) STEPS[step](operation);
  expect(operation.status).toBe(status);
  return Operation.from({ ...operation.current });
}

const everythingOf = (operation: Operation) =>
  structuredClone({
    current: operation.current,
    events: operation.events.map(({ type, version }) => ({ type, version })),
    expected: operation.expected,
    redelivered: operation.redelivered,
  });

const errorOf = (operation: Operation, step: Step): unknown => {
  try {
    STEPS[step](operation);
    return undefined;
  } catch (error) {
    return error;
  }
};

/** The step that moves an operation to a status, and its event. */
const MOVES: Record<Exclude<Status, 'pending'>, (from: Status) => { step: Step; type: EventType }> = {
  processing: (from) => ({
    step: from === 'pending' || isEnding(from) ? 'beginAttempt' : 'resume',
    type: 'operation.processing',
  }),
  requires_action: () => ({ step: 'requireAction', type: 'operation.action_required' }),
  reconciling: () => ({ step: 'reconcileAt', type: 'operation.reconciling' }),
  success: () => ({ step: 'succeed', type: 'operation.succeeded' }),
  failed: () => ({ step: 'fail', type: 'operation.failed' }),
  canceled: () => ({ step: 'cancel', type: 'operation.canceled' }),
  expired: () => ({ step: 'expire', type: 'operation.expired' }),
};

const pairs = STATUSES.flatMap((from) =>
  (Object.keys(MOVES) as (keyof typeof MOVES)[])
    .filter((to) => to !== from)
    .map((to) => ({ from, to, ...MOVES[to](from) })),
);

describe('the table of statuses', () => {
  const allowed = pairs.filter(({ from, to }) => mayFollow(from, to));
  const refused = pairs.filter(({ from, to }) => !mayFollow(from, to));

  test.each(allowed)('lets $to follow $from: $step', ({ from, to, step, type }) => {
    const operation = operationAt(from);
    const { version } = operation.current;
    STEPS[step](operation);
    expect(operation.current).toMatchObject({ status: to, version: version + 1, updatedAt: NOW });
    expect(operation.events.map((event) => [event.type, event.version, event.snapshot.status])).toEqual([
      [type, version + 1, to],
    ]);
  });

  test.each(refused)('refuses $to after $from: $step', ({ from, step }) => {
    const operation = operationAt(from);
    const before = everythingOf(operation);
    expect(errorOf(operation, step)).toBeInstanceOf(isEnding(from) ? OperationAlreadyEnded : TransitionNotAllowed);
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

  test('retryAt returns to processing if the request never arrived', () => {
    const operation = operationAt('reconciling');
    STEPS.retryAt(operation);
    expect(operation.current).toMatchObject({ status: 'processing', nextAttemptAt: LATER, attentionAt: null });
    expect(operation.events.map(({ type }) => type)).toEqual(['operation.retrying']);
  });

  test.each(stays)('$step records one event', ({ step, at, type }) => {
    for (const status of at) {
      const operation = operationAt(status);
      STEPS[step](operation);
      expect(operation.status).toBe(status);
      expect(operation.events.map((event) => event.type)).toEqual([type]);
    }
  });

  test('progress is refused unless the operation is processing', () => {
    const elsewhere = STATUSES.filter((status) => status !== 'processing');
    for (const status of elsewhere) expect(errorOf(operationAt(status), 'reportProgress')).toBeInstanceOf(DomainError);
  });
});

describe('any steps in any order', () => {
  test('a refused step changes nothing, an allowed one records one event, and the operation ends once at most', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEP_NAMES), { maxLength: 25 }), (steps) => {
        const operation = newOperation();
        for (const step of steps) {
          const before = everythingOf(operation);
          const wasDone = operation.done;
          const error = errorOf(operation, step);
          if (error) {
            expect(error).toBeInstanceOf(DomainError);
            expect(everythingOf(operation)).toEqual(before);
            continue;
          }
          expect(wasDone).toBe(false);
          const { current } = operation;
          const appended = operation.events.length - before.events.length;
          expect(appended).toBe(current.version - before.current.version);
          expect(appended).toBeLessThanOrEqual(1);
          if (appended === 0) expect(current.status).toBe(before.current.status);
          if (current.status !== before.current.status)
            expect(mayFollow(before.current.status, current.status)).toBe(true);
          expect(current.fence).toBeGreaterThanOrEqual(before.current.fence);
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
  test('has the next fence each time, which fences off the previous worker', () => {
    const operation = operationAt('processing');
    expect(operation.expected).toEqual({ version: 2, fence: 1 });
    operation.beginAttempt(NOW);
    expect(operation.current).toMatchObject({ fence: 2, attempts: 2 });
    expect(operation.expected).toEqual({ version: 2, fence: 1 });
    operation.markStored(null);
    expect(operation.expected).toEqual({ version: 3, fence: 2 });
    expect(operation.events).toEqual([]);
  });

  test('records that the previous worker was lost', () => {
    const operation = operationAt('processing');
    operation.beginAttempt(NOW);
    expect(operation.redelivered).toBe(true);
    expect(operation.events.map(({ type, detail }) => ({ type, detail }))).toEqual([
      { type: 'operation.retrying', detail: { attempt: 2, reason: 'worker_lost', nextAttemptAt: null } },
    ]);
  });

  test('that was due has lost no worker', () => {
    const operation = operationAt('processing');
    operation.retryAt(LATER, 'provider_unavailable', NOW);
    operation.beginAttempt(LATER);
    expect(operation.redelivered).toBe(false);
    expect(operation.current.nextAttemptAt).toBeNull();
  });
});

describe('canceling', () => {
  const waiting = operationAt('processing');
  waiting.retryAt(LATER, 'provider_unavailable', NOW);
  const reconciling = operationAt('reconciling');

  test.each([
    ['it is pending', operationAt('pending'), true],
    ['a worker has claimed it', operationAt('processing'), false],
    ['it waits for its next attempt', waiting, true],
    ['the customer must act', operationAt('requires_action'), true],
    ['the answer is unknown', reconciling, false],
  ])('while %s may or may not win at once: %#', (_, operation, wins) => {
    expect(operation.isIdle).toBe(wins);
  });
});

describe('the deadline', () => {
  const before = new Date(NOW.getTime() - 1);

  test.each(STATUSES)('counts if nothing has taken effect: %s', (status) => {
    const operation = Operation.from({ ...operationAt(status).current, expiresAt: NOW });
    const counts = status === 'pending' || status === 'requires_action';
    expect(operation.hasPassedItsDeadline(NOW)).toBe(counts);
    expect(operation.hasPassedItsDeadline(before)).toBe(false);
  });

  test('never passes if there is none', () => {
    expect(operationAt('pending').hasPassedItsDeadline(LATER)).toBe(false);
  });
});

test('the next action is removed once the customer has acted', () => {
  const operation = operationAt('requires_action');
  expect(operation.current.nextAction).toEqual(ASKED);
  operation.resume(NOW);
  expect(operation.current.nextAction).toBeNull();
});

describe('an operation that waits for the customer', () => {
  const asked = () => operationAt('requires_action');

  test('is looked up by a worker without an event if nothing has happened', () => {
    const operation = asked();
    operation.beginAttempt(LATER);
    expect(operation.current).toMatchObject({
      status: 'requires_action',
      nextAction: ASKED,
      fence: 2,
      attempts: 1,
      nextAttemptAt: null,
    });
    operation.waitOn(MUCH_LATER);
    expect(operation.current).toMatchObject({ nextAttemptAt: MUCH_LATER, lookUps: 2 });
    expect(operation.events).toEqual([]);
  });

  test('records the same action once, in whatever order its fields come back', () => {
    const operation = asked();
    operation.requireAction(JSON.parse(`{"url":"${ASKED.url}","type":"redirect"}`), MUCH_LATER, NOW);
    expect([operation.events, operation.current.nextAttemptAt]).toEqual([[], MUCH_LATER]);
  });

  test('records a different action', () => {
    const operation = asked();
    operation.requireAction({ type: 'confirm', clientData: { clientSecret: 's' } }, MUCH_LATER, NOW);
    expect(operation.events.map(({ type, snapshot }) => [type, snapshot.nextAction?.type])).toEqual([
      ['operation.action_required', 'confirm'],
    ]);
  });

  test('is not looked up if the kind cannot', () => {
    const operation = operationAt('processing');
    operation.requireAction(ASKED, null, NOW);
    expect(operation.current).toMatchObject({ nextAttemptAt: null, lookUps: 0 });
  });
});

describe('attention', () => {
  test('is due a while after the outcome became unknown, however often it is looked up', () => {
    const operation = operationAt('reconciling');
    expect(operation.current.attentionAt).toEqual(MUCH_LATER);
    operation.reconcileAt(LATER, 'answer_lost', LATER, new Date(MUCH_LATER.getTime() + MINUTE));
    expect(operation.current.attentionAt).toEqual(MUCH_LATER);
  });

  test('is not due while the provider is still working', () => {
    const operation = operationAt('reconciling');
    operation.reconcileAt(LATER, 'pending_at_provider', LATER, null);
    expect(operation.current.attentionAt).toBeNull();
  });

  test.each(['succeed', 'fail', 'retryAt'] as const)('ends when the outcome is known: %s', (step) => {
    const operation = operationAt('reconciling');
    STEPS[step](operation);
    expect(operation.current.attentionAt).toBeNull();
  });

  test('can be requested by a failure', () => {
    const operation = operationAt('processing');
    operation.fail({ code: 'refund_failed', message: 'No.', retryable: false }, NOW, { attentionAt: NOW });
    expect(operation.current).toMatchObject({ status: 'failed', attentionAt: NOW });
  });

  test('ends when an operator reviews the operation, once', () => {
    const operation = operationAt('processing');
    operation.fail({ code: 'refund_failed', message: 'No.', retryable: false }, NOW, { attentionAt: NOW });
    operation.review({ resolvedBy: 'Ada' }, LATER);
    expect(operation.current).toMatchObject({ status: 'failed', attentionAt: null, finishedAt: NOW });
    expect(operation.events.at(-1)).toMatchObject({ type: 'operation.reviewed', detail: { resolvedBy: 'Ada' } });
    expect(() => operation.review({}, LATER)).toThrow(expect.objectContaining({ name: NothingToReview.name }));
  });
});

describe('a late answer', () => {
  test.each(['success', 'failed', 'canceled', 'expired'] as const)('is recorded, and %s stays', (status) => {
    const operation = operationAt(status);
    const { version, finishedAt, result, failure } = operation.current;
    operation.recordLateAnswer({ answer: 'succeeded' }, LATER, LATER);
    expect(operation.current).toMatchObject({
      status,
      version: version + 1,
      finishedAt,
      result,
      failure,
      attentionAt: LATER,
    });
    expect(operation.events).toMatchObject([{ type: 'operation.answered_late', detail: { answer: 'succeeded' } }]);
  });

  test.each(STATUSES.filter((status) => !isEnding(status)))('is refused while the operation is %s', (status) => {
    const operation = operationAt(status);
    const before = everythingOf(operation);
    expect(() => operation.recordLateAnswer({}, null, NOW)).toThrow(
      expect.objectContaining({ name: TransitionNotAllowed.name }),
    );
    expect(() => operation.review({}, NOW)).toThrow(expect.objectContaining({ name: TransitionNotAllowed.name }));
    expect(everythingOf(operation)).toEqual(before);
  });
});

test('an operator takes over from the worker that has claimed it, which is then fenced off', () => {
  const operation = operationAt('reconciling');
  const { fence, attempts, lookUps } = operation.current;
  operation.takeOver();
  expect(operation.current).toMatchObject({ fence: fence + 1, attempts, lookUps: lookUps + 1, nextAttemptAt: null });
  operation.handBack(LATER);
  expect(operation.current).toMatchObject({ status: 'reconciling', fence: fence + 1, nextAttemptAt: LATER });
  for (const status of STATUSES.filter((status) => status !== 'reconciling' && status !== 'requires_action'))
    for (const step of ['takeOver', 'handBack'] as const)
      expect(errorOf(operationAt(status), step)).toBeInstanceOf(DomainError);
});

test('an event keeps the subject as it was when it occurred, without internal fields', () => {
  const operation = operationAt('processing');
  operation.succeed({}, NOW);
  const event = operation.events.at(-1);
  const before = structuredClone(event?.subject);
  (operation.current as { metadata: Record<string, string> }).metadata.changed = 'since';
  expect(event?.subject).toEqual(before);
  expect(Object.keys(event?.subject ?? {}).sort()).toEqual([
    'createdAt',
    'expiresAt',
    'id',
    'kind',
    'metadata',
    'requestId',
    'tenant',
  ]);
});

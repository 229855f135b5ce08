import { newOperation } from '../../../test/support/new-operation.js';
import { Operation, type OperationRecord } from '../domain/operation.js';
import { type Status, STATUSES } from '../domain/operation-status.js';
import type { OperationKind } from '../kinds/operation-kind.js';
import { actionRequired, canceled, failed, neverArrived, pending, RetryableError } from '../kinds/outcome.js';
import { CancelRequested, succeeded, TerminalError, unknown } from '../kinds/outcome.js';
import { type AttemptOutcome, outcomeOfError } from './attempt-outcome.js';
import { apply, type Call, type ExecutionPolicy, plan, planCall, planCancel } from './execution-policy.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const after = (ms: number) => new Date(NOW.getTime() + ms);
const ASKED = { type: 'redirect', url: 'https://bank.example/ask' } as const;
const DECLINED = { code: 'card_declined', message: 'Declined.', retryable: false };

function operationAt(status: Status, given: Partial<OperationRecord> = {}): Operation {
  const started = newOperation({}, NOW);
  const nextAction = status === 'requires_action' ? ASKED : null;
  return Operation.from({ ...started.current, status, fence: 1, attempts: 1, nextAction, ...given });
}

/** Claimed again after the worker that held it was lost. */
function redelivered(given: Partial<OperationRecord> = {}): Operation {
  const operation = operationAt('processing', given);
  operation.beginAttempt(NOW);
  return operation;
}

const execute = async () => succeeded({});
const kindWith = (handler: Partial<OperationKind> = {}) => ({ handler: { execute, ...handler } });
const PLAIN = kindWith();
const LOOKING_UP = kindWith({ lookUp: execute });
const CANCELING = kindWith({ lookUp: execute, cancel: execute });
const DUE = { expiresAt: NOW };
const NOT_DUE = { expiresAt: after(1) };
const ASKED_TO_CANCEL = { cancelRequestedAt: NOW };

describe('the plan for an operation that a worker has read', () => {
  test.each([
    ['pending', {}, PLAIN, 'claim'],
    ['pending', NOT_DUE, PLAIN, 'claim'],
    ['pending', DUE, PLAIN, 'expire'],
    ['pending', DUE, undefined, 'expire'],
    ['pending', {}, undefined, 'claim'],
    ['processing', DUE, PLAIN, 'claim'],
    ['processing', ASKED_TO_CANCEL, PLAIN, 'claim'],
    ['reconciling', DUE, PLAIN, 'claim'],
    ['requires_action', DUE, PLAIN, 'pass_over'],
    ['requires_action', DUE, LOOKING_UP, 'claim'],
    ['requires_action', {}, undefined, 'claim'],
    ['success', DUE, CANCELING, 'pass_over'],
    ['failed', DUE, CANCELING, 'pass_over'],
    ['canceled', DUE, CANCELING, 'pass_over'],
    ['expired', DUE, undefined, 'pass_over'],
  ] as const)('%s %j: %#', (status, given, kind, expected) => {
    expect(plan(operationAt(status, given), kind, NOW)).toBe(expected);
  });
});

describe('the call for a claimed operation', () => {
  test.each([
    [operationAt('processing'), CANCELING, 'execute'],
    [operationAt('processing', DUE), CANCELING, 'execute'],
    [redelivered(), CANCELING, 'execute'],
    [operationAt('processing', ASKED_TO_CANCEL), CANCELING, 'cancel'],
    [redelivered(ASKED_TO_CANCEL), LOOKING_UP, 'look_up'],
    [redelivered(ASKED_TO_CANCEL), PLAIN, 'cancel'],
    [operationAt('reconciling', ASKED_TO_CANCEL), CANCELING, 'look_up'],
    [operationAt('reconciling'), PLAIN, 'look_up'],
    [operationAt('requires_action'), CANCELING, 'look_up'],
    [operationAt('requires_action', NOT_DUE), CANCELING, 'look_up'],
    [operationAt('requires_action', DUE), CANCELING, 'cancel_at_provider'],
    [operationAt('requires_action', ASKED_TO_CANCEL), CANCELING, 'cancel_at_provider'],
    [operationAt('requires_action', DUE), LOOKING_UP, 'look_up'],
    [operationAt('requires_action', ASKED_TO_CANCEL), LOOKING_UP, 'look_up'],
  ] as const)('%#: $status', (operation, kind, expected) => {
    expect(planCall(operation, kind, NOW)).toBe(expected);
  });

  test.each(STATUSES.filter((status) => !['processing', 'reconciling', 'requires_action'].includes(status)))(
    'throws if the operation is not claimed: %s',
    (status) => expect(() => planCall(operationAt(status), PLAIN, NOW)).toThrow('to be claimed'),
  );
});

describe('the outcome of an attempt that throws', () => {
  const busy = new RetryableError('busy', 'Busy.', { detail: { status: 503 } });
  const refused = new TerminalError('bad_key', 'Bad key.', { detail: { status: 401 } });
  const failure = { code: 'bad_key', message: 'Bad key.', retryable: false };

  test.each([
    [busy, true, true, { type: 'retry', error: busy }, 'warn'],
    [busy, false, true, unknown('busy', { detail: { status: 503 } }), 'warn'],
    [refused, true, true, failed(failure, { status: 401 }), 'error'],
    [refused, false, true, unknown('bad_key', { detail: { status: 401 } }), 'error'],
    [new CancelRequested(), true, true, canceled(), undefined],
    [new CancelRequested(), false, true, unknown('canceled'), undefined],
    [new Error('bug'), true, true, unknown('unexpected_error'), 'error'],
    [new Error('bug'), true, false, { type: 'retry', error: { reason: 'unexpected_error' } }, 'error'],
  ])('%s, untouched %s, can look up %s', (error, isUntouched, canLookUp, outcome, level) => {
    const found = outcomeOfError(error, isUntouched, canLookUp);
    expect([found.outcome, found.log?.level]).toMatchObject([outcome, level]);
  });
});

describe('the step of a claimed operation after an outcome', () => {
  const POLICY: ExecutionPolicy = {
    canLookUp: true,
    mostAttempts: 3,
    failureNeedsAttention: false,
    attentionAfterMs: 1000,
    retryDelay: (attempts) => attempts * 10,
    lookUpDelay: (lookUps) => 100 + lookUps,
  };
  const BLIND = { canLookUp: false };
  const USED_UP = { attempts: 3 };
  const retry: AttemptOutcome = { type: 'retry', error: new RetryableError('busy', 'Busy.') };
  const lost = unknown('answer_lost');
  const differs = unknown('differs', { unexplained: 'Another amount.' });

  type Row = [
    status: 'processing' | 'reconciling' | 'requires_action',
    outcome: AttemptOutcome,
    given: { record?: Partial<OperationRecord>; policy?: Partial<ExecutionPolicy>; call?: Call },
    expected: Partial<OperationRecord>,
  ];
  const soon = after(100);
  const attention = after(1000);

  const rows: Row[] = [
    ['processing', succeeded({ ok: true }), {}, { status: 'success', result: { ok: true } }],
    ['processing', failed(DECLINED), {}, { status: 'failed', failure: DECLINED, attentionAt: null }],
    ['processing', failed(DECLINED), { policy: { failureNeedsAttention: true } }, { attentionAt: NOW }],
    ['processing', actionRequired(ASKED), {}, { status: 'requires_action', nextAttemptAt: soon }],
    ['processing', actionRequired(ASKED), { policy: BLIND }, { status: 'requires_action', nextAttemptAt: null }],
    ['processing', canceled(), {}, { status: 'canceled' }],
    ['processing', pending('bank'), {}, { status: 'reconciling', nextAttemptAt: soon, attentionAt: null }],
    ['processing', pending('bank'), { policy: BLIND }, { status: 'processing', nextAttemptAt: after(10) }],
    ['processing', lost, {}, { status: 'reconciling', nextAttemptAt: soon, attentionAt: attention }],
    ['processing', differs, {}, { status: 'reconciling', attentionAt: NOW }],
    ['processing', lost, { policy: BLIND }, { status: 'processing', nextAttemptAt: after(10) }],
    ['processing', neverArrived(), {}, { status: 'processing', nextAttemptAt: after(10) }],
    ['processing', retry, {}, { status: 'processing', nextAttemptAt: after(10) }],
    ['processing', retry, { record: { fence: 4, attempts: 2, lookUps: 2 } }, { nextAttemptAt: after(20) }],
    [
      'processing',
      retry,
      { record: USED_UP },
      { status: 'failed', failure: expect.objectContaining({ code: 'busy' }) },
    ],
    ['processing', retry, { record: ASKED_TO_CANCEL }, { status: 'canceled' }],
    ['reconciling', succeeded({}), {}, { status: 'success' }],
    ['reconciling', failed(DECLINED), {}, { status: 'failed' }],
    ['reconciling', actionRequired(ASKED), {}, { status: 'requires_action', nextAction: ASKED }],
    ['reconciling', pending('bank'), {}, { status: 'reconciling', attentionAt: null }],
    ['reconciling', lost, {}, { status: 'reconciling', attentionAt: attention }],
    ['reconciling', neverArrived(), {}, { status: 'processing', nextAttemptAt: after(10) }],
    ['reconciling', retry, { record: ASKED_TO_CANCEL }, { status: 'processing', nextAttemptAt: after(10) }],
    ['requires_action', succeeded({}), {}, { status: 'success' }],
    ['requires_action', failed(DECLINED), {}, { status: 'failed' }],
    ['requires_action', pending('bank'), {}, { status: 'reconciling', attentionAt: null }],
    ['requires_action', actionRequired(ASKED), {}, { status: 'requires_action', version: 1, nextAttemptAt: soon }],
    ['requires_action', canceled(), {}, { status: 'expired' }],
    ['requires_action', canceled(), { record: ASKED_TO_CANCEL }, { status: 'canceled' }],
    ['requires_action', lost, {}, { status: 'requires_action', nextAttemptAt: soon, attentionAt: null }],
    ['requires_action', differs, {}, { status: 'requires_action', attentionAt: NOW }],
    ['requires_action', lost, { call: 'cancel_at_provider' }, { status: 'requires_action', attentionAt: attention }],
    ['requires_action', neverArrived(), {}, { status: 'requires_action', nextAttemptAt: soon }],
    ['requires_action', retry, { record: { expiresAt: after(50) } }, { nextAttemptAt: after(50) }],
    ['requires_action', retry, { record: DUE }, { nextAttemptAt: soon }],
  ];

  test.each(rows)('%s, %j, %j', (status, outcome, { record = {}, policy = {}, call = 'look_up' }, expected) => {
    const operation = operationAt(status, record);
    apply({ ...outcome, call }, operation, { ...POLICY, ...policy }, NOW);
    expect(operation.current).toMatchObject(expected);
  });

  test('throws if the operation would be canceled while its outcome is unknown', () => {
    const operation = operationAt('reconciling');
    expect(() => apply({ ...canceled(), call: 'look_up' }, operation, POLICY, NOW)).toThrow('canceled may not follow');
  });
});

describe('a cancel that was requested during an attempt', () => {
  const waiting = { ...ASKED_TO_CANCEL, nextAttemptAt: after(1) };

  test.each([
    [operationAt('processing', waiting), 'execute', CANCELING, 'cancel'],
    [operationAt('processing', { nextAttemptAt: after(1) }), 'execute', CANCELING, 'none'],
    [operationAt('reconciling', waiting), 'execute', CANCELING, 'none'],
    [operationAt('success', ASKED_TO_CANCEL), 'execute', CANCELING, 'none'],
    [operationAt('requires_action', waiting), 'execute', CANCELING, 'expedite'],
    [operationAt('requires_action', waiting), 'execute', LOOKING_UP, 'cancel'],
    [operationAt('requires_action', waiting), 'cancel_at_provider', CANCELING, 'none'],
  ] as const)('%#', (operation, call, kind, expected) => {
    expect(planCancel(operation, call, kind)).toBe(expected);
  });
});

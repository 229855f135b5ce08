import type { Config } from '../../config/config.js';
import type { Json } from '../domain/operation-events.js';
import type { Operation } from '../domain/operation.js';
import type { Status } from '../domain/operation-status.js';
import type { RegisteredKind } from '../kinds/kind-register.js';
import { mustCancelAtProvider } from '../kinds/must-cancel-at-provider.js';
import type { AttemptOutcome } from './attempt-outcome.js';
import { lookUpDelay, retryDelay } from './retry-schedule.js';

type KindHandler = Pick<RegisteredKind, 'handler'>;

/** What a worker does with an operation that it has just read. */
export type Plan = 'pass_over' | 'expire' | 'claim';

type Planner = (operation: Operation, kind: KindHandler | undefined, now: Date) => Plan;

const passOver: Planner = () => 'pass_over';
const claim: Planner = () => 'claim';

const PLANS: Record<Status, Planner> = {
  pending: (operation, _, now) => (operation.hasPassedItsDeadline(now) ? 'expire' : 'claim'),
  processing: claim,
  reconciling: claim,
  // A kind without a look-up cannot tell whether the customer has acted.
  requires_action: (_, kind) => (kind && !kind.handler.lookUp ? 'pass_over' : 'claim'),
  success: passOver,
  failed: passOver,
  canceled: passOver,
  expired: passOver,
};

/** Decides before the claim. `kind` is undefined if this process does not know it. */
export const plan: Planner = (operation, kind, now) => PLANS[operation.status](operation, kind, now);

type Claimed = 'processing' | 'reconciling' | 'requires_action';

/** What an attempt calls. `cancel` ends the operation without calling anything. */
export type Call = 'execute' | 'look_up' | 'cancel_at_provider' | 'cancel';

type CallPlanner = (operation: Operation, kind: KindHandler, now: Date) => Call;

const CALLS: Record<Claimed, CallPlanner> = {
  processing: (operation, kind) => {
    if (!operation.cancelRequested) return 'execute';
    return isUntouched(operation, kind) ? 'cancel' : 'look_up';
  },
  reconciling: () => 'look_up',
  requires_action: (operation, kind, now) => {
    const isOver = operation.cancelRequested || operation.hasPassedItsDeadline(now);
    return isOver && mustCancelAtProvider(operation, kind) ? 'cancel_at_provider' : 'look_up';
  },
};

/** Decides after the claim: that write returns whether a cancel is requested. */
export const planCall: CallPlanner = (operation, kind, now) => CALLS[claimed(operation)](operation, kind, now);

/** True if no earlier attempt can have taken effect, or if the kind can repeat its effect without harm. */
export function isUntouched({ status, redelivered }: Operation, { handler }: KindHandler): boolean {
  return handler.lookUp === undefined || (status === 'processing' && !redelivered);
}

/** The limits and delays of the next step, from the kind and the settings. */
export interface ExecutionPolicy {
  canLookUp: boolean;
  /** Executions, the first included. */
  mostAttempts: number;
  failureNeedsAttention: boolean;
  attentionAfterMs: number;
  /** In milliseconds, after `attempts` executions. */
  retryDelay: (attempts: number) => number;
  /** In milliseconds, after `lookUps` look-ups. */
  lookUpDelay: (lookUps: number) => number;
}

export const policyOf = (
  { handler, mostAttempts, failureNeedsAttention }: RegisteredKind,
  { attempts: attemptsByDefault, baseMs, lookUpBaseMs, attentionAfterMs }: Config['retries'],
): ExecutionPolicy => ({
  canLookUp: handler.lookUp !== undefined,
  mostAttempts: mostAttempts ?? attemptsByDefault,
  failureNeedsAttention: failureNeedsAttention === true,
  attentionAfterMs,
  retryDelay: (attempts) => retryDelay(attempts, baseMs),
  lookUpDelay: (lookUps) => lookUpDelay(lookUps, lookUpBaseMs),
});

type OutcomeType = AttemptOutcome['type'];
/** An outcome and the call that returned it. */
type CallOutcome<T extends OutcomeType = OutcomeType> = Extract<AttemptOutcome, { type: T }> & { call: Call };

/** A cell of STEPS: changes the operation by an outcome. */
type Step<Outcome> = (outcome: Outcome, operation: Operation, policy: ExecutionPolicy, now: Date) => void;

const succeed: Step<CallOutcome<'succeeded'>> = ({ result }, operation, _, now) => operation.succeed(result, now);

const fail: Step<CallOutcome<'failed'>> = ({ failure, detail = null }, operation, { failureNeedsAttention }, now) =>
  operation.fail(failure, now, { detail, attentionAt: failureNeedsAttention ? now : null });

const requireAction: Step<CallOutcome<'action_required'>> = ({ nextAction }, operation, policy, now) =>
  operation.requireAction(nextAction, policy.canLookUp ? nextLookUp(operation, policy, now) : null, now);

const cancel: Step<CallOutcome<'canceled'>> = (_, operation, __, now) => operation.cancel(now);

const cancelOrExpire: Step<CallOutcome<'canceled'>> = (_, operation, __, now) =>
  operation.cancelRequested ? operation.cancel(now) : operation.expire(now);

const awaitProvider: Step<CallOutcome<'pending'>> = ({ reason }, operation, policy, now) =>
  policy.canLookUp
    ? operation.reconcileAt(nextLookUp(operation, policy, now), reason, now, null)
    : retry({ reason, message: 'It is not done yet.' }, operation, policy, now);

const reconcile: Step<CallOutcome<'unknown'>> = ({ reason, detail, unexplained }, operation, policy, now) => {
  if (!policy.canLookUp) {
    const message = 'How the last attempt went is unknown; it can be repeated without harm.';
    return retry({ reason, message, detail }, operation, policy, now);
  }
  const attentionAt = unexplained ? now : later(now, policy.attentionAfterMs);
  const because = { ...detail, ...(unexplained && { unexplained: [unexplained] }) };
  operation.reconcileAt(nextLookUp(operation, policy, now), reason, now, attentionAt, because);
};

const sendAgain: Step<CallOutcome<'never_arrived'>> = (_, ...rest) =>
  retry({ reason: 'never_arrived', message: 'The provider has no record of it.' }, ...rest);

const repeat: Step<CallOutcome<'retry'>> = ({ error }, ...rest) => retry(error, ...rest);

/**
 * Keeps waiting for the customer. If the provider did not confirm a cancel, the operation needs attention in the end.
 */
const keepWaiting: Step<CallOutcome<'unknown' | 'never_arrived' | 'retry'>> = (outcome, operation, policy, now) => {
  const isUnexplained = outcome.type === 'unknown' && outcome.unexplained !== undefined;
  const isOverdue = outcome.call === 'cancel_at_provider';
  const attentionAt = isUnexplained ? now : isOverdue ? later(now, policy.attentionAfterMs) : null;
  operation.waitOn(nextLookUp(operation, policy, now), attentionAt);
};

const resumed =
  <Outcome>(step: Step<Outcome>): Step<Outcome> =>
  (outcome, operation, policy, now) => {
    operation.resume(now);
    step(outcome, operation, policy, now);
  };

const STEPS: Record<Claimed, { [T in OutcomeType]: Step<CallOutcome<T>> }> = {
  processing: {
    succeeded: succeed,
    failed: fail,
    action_required: requireAction,
    canceled: cancel,
    pending: awaitProvider,
    unknown: reconcile,
    never_arrived: sendAgain,
    retry: repeat,
  },
  reconciling: {
    succeeded: succeed,
    failed: fail,
    action_required: resumed(requireAction),
    canceled: cancel,
    pending: awaitProvider,
    unknown: reconcile,
    never_arrived: sendAgain,
    retry: repeat,
  },
  requires_action: {
    succeeded: resumed(succeed),
    failed: resumed(fail),
    action_required: requireAction,
    canceled: cancelOrExpire,
    pending: resumed(awaitProvider),
    unknown: keepWaiting,
    never_arrived: keepWaiting,
    retry: keepWaiting,
  },
};

/** Changes the claimed operation by the outcome of its call. */
export const apply: Step<CallOutcome> = (outcome, operation, policy, now) =>
  (STEPS[claimed(operation)][outcome.type] as Step<CallOutcome>)(outcome, operation, policy, now);

/** Decides after the outcome is stored: that write returns whether a cancel was requested during the attempt. */
export function planCancel(operation: Operation, call: Call, kind: KindHandler): 'none' | 'expedite' | 'cancel' {
  if (!operation.cancelRequested || !operation.isIdle || call === 'cancel_at_provider') return 'none';
  return mustCancelAtProvider(operation, kind) ? 'expedite' : 'cancel';
}

function claimed({ id, status }: Operation): Claimed {
  if (status === 'processing' || status === 'reconciling' || status === 'requires_action') return status;
  throw new Error(`Expected operation ${id} to be claimed, found it ${status}. Claim it before its attempt.`);
}

function retry(
  { reason, message, detail }: { reason: string; message: string; detail?: Json | undefined },
  operation: Operation,
  policy: ExecutionPolicy,
  now: Date,
): void {
  const { attempts } = operation.current;
  if (operation.cancelRequested && operation.status === 'processing') return operation.cancel(now);
  if (attempts < policy.mostAttempts)
    return operation.retryAt(later(now, policy.retryDelay(attempts)), reason, now, detail);
  operation.fail({ code: reason, message, retryable: true }, now, {
    detail: detail ?? null,
    attentionAt: policy.failureNeedsAttention ? now : null,
  });
}

/** No later than the deadline: a worker must look up whether the customer has acted before the operation expires. */
function nextLookUp({ current: { lookUps, expiresAt } }: Operation, policy: ExecutionPolicy, now: Date): Date {
  const next = later(now, policy.lookUpDelay(lookUps));
  return expiresAt && expiresAt > now && expiresAt < next ? expiresAt : next;
}

const later = (now: Date, ms: number) => new Date(now.getTime() + ms);

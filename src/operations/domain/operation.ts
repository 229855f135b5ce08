import {
  type EventType,
  type Failure,
  type Json,
  type NextAction,
  type OperationEvent,
  type OperationSnapshot,
  type OperationSubject,
  type Progress,
  subjectOf,
} from './operation-events.js';
import { NothingToReview, OperationAlreadyEnded, TransitionNotAllowed } from './operation-errors.js';
import { isEnding, mayFollow, type Status } from './operation-status.js';

/** How an operation ended, as an operator found out. */
export type ResolvedOutcome = { status: 'success'; result: unknown } | { status: 'failed' };

export interface ProposedResolution {
  outcome: ResolvedOutcome;
  /** As the person calls themselves, and how they know. */
  by: string;
  reason: string;
  /** Who answers for the credentials that were used. */
  owner: string;
  /** ISO 8601. */
  at: string;
}

/** Everything stored of an operation. */
export interface OperationRecord extends OperationSubject {
  input: unknown;
  /** The client's key; a repeated start with it finds this operation. */
  idempotencyKey: string | null;
  /** SHA-256 of the body sent with the key, hexadecimal. */
  requestHash: string | null;
  status: Status;
  /** Grows by one with each event. */
  version: number;
  /** The fencing token: grows by one with each claim; a write under an older one is refused. */
  fence: number;
  /** Executions begun; look-ups are not counted. */
  attempts: number;
  /** How often the service has asked the provider for an unknown outcome. */
  lookUps: number;
  /** The one job that runs it, or the lease of the worker that accepted and runs it. */
  jobId: string | null;
  progress: Progress | null;
  nextAction: NextAction | null;
  result: Json | null;
  failure: Failure | null;
  cancelRequestedAt: Date | null;
  /** What a first person has stated of its end, where two must agree. */
  proposedResolution: ProposedResolution | null;
  /** When a worker must claim it next; null while one holds it or none is needed. */
  nextAttemptAt: Date | null;
  /** When it begins to need an operator's attention; null if it needs none. */
  attentionAt: Date | null;
  /** Set if it ended without success after a claim and the service has not asked the provider since. */
  unconfirmedSince: Date | null;
  updatedAt: Date;
  finishedAt: Date | null;
  /** Grows when its watch tokens are revoked: those of an earlier generation count no more. */
  watchGeneration: number;
  /** When its content was taken away, some time after its end. */
  strippedAt: Date | null;
}

/** An operation as its tenant names it. */
export type OperationRef = Pick<OperationSubject, 'id' | 'tenant'> & {
  /** With a watch token: it finds the operation only while this is its generation of tokens. */
  generation?: number | undefined;
};

/** The fields given at the start; all others begin empty. */
export type NewOperation = Omit<OperationSubject, 'createdAt'> &
  Pick<OperationRecord, 'input' | 'idempotencyKey' | 'requestHash'>;

/** The part of it that events change. */
export function snapshotOf(record: Readonly<Omit<OperationRecord, 'input'>>): OperationSnapshot {
  const { status, progress, nextAction, result, failure, finishedAt } = record;
  return { status, progress, nextAction, result, failure, finishedAt: finishedAt?.toISOString() ?? null };
}

/** Work that a client waits for: takes the steps that LIFE allows, refuses all others, and keeps their events. */
export class Operation {
  private recorded: OperationEvent[] = [];
  /** Whether the worker of the last attempt was lost, so that the attempt may have taken effect. */
  redelivered = false;
  private readAt: { version: number; fence: number };

  private constructor(private readonly state: OperationRecord) {
    this.readAt = { version: state.version, fence: state.fence };
  }

  static start(given: NewOperation, now: Date): Operation {
    // The copy comes last: V8 takes some 25 us to add this many fields to one.
    const operation = new Operation({
      status: 'pending',
      version: 0,
      fence: 0,
      attempts: 0,
      lookUps: 0,
      jobId: null,
      progress: null,
      nextAction: null,
      result: null,
      failure: null,
      cancelRequestedAt: null,
      proposedResolution: null,
      nextAttemptAt: null,
      attentionAt: null,
      unconfirmedSince: null,
      createdAt: now,
      updatedAt: now,
      finishedAt: null,
      watchGeneration: 0,
      strippedAt: null,
      ...given,
    });
    operation.record('operation.started', now);
    return operation;
  }

  /**
   * The same new operation, claimed by the process that accepts it; both steps must be stored together. The original
   * stays pending, for the answer to the client.
   */
  claimedWithItsStart(jobId: string, now: Date): Operation {
    const claimed = new Operation({ ...this.state, jobId });
    claimed.recorded = [...this.recorded];
    claimed.beginAttempt(now);
    return claimed;
  }

  static from(record: OperationRecord): Operation {
    return new Operation({ ...record });
  }

  get id(): string {
    return this.state.id;
  }

  get status(): Status {
    return this.state.status;
  }

  get done(): boolean {
    return isEnding(this.state.status);
  }

  get current(): Readonly<OperationRecord> {
    return this.state;
  }

  /** The events of the steps taken since it was stored. */
  get events(): readonly OperationEvent[] {
    return this.recorded;
  }

  /** What the guarded write must find in the row; otherwise it stores nothing. */
  get expected(): Readonly<{ version: number; fence: number }> {
    return this.readAt;
  }

  /** True if its version or fence differs from the one that was read. */
  get hasChanged(): boolean {
    return this.state.version !== this.readAt.version || this.state.fence !== this.readAt.fence;
  }

  /** The guarded write has succeeded and has returned whether a cancel is requested. */
  markStored(cancelRequestedAt: Date | null): void {
    this.state.cancelRequestedAt = cancelRequestedAt;
    this.recorded = [];
    this.readAt = { version: this.state.version, fence: this.state.fence };
  }

  get cancelRequested(): boolean {
    return this.state.cancelRequestedAt !== null;
  }

  /** True if a cancel can still win: no worker has claimed it, so the provider cannot be working on it. */
  get isIdle(): boolean {
    const { status, nextAttemptAt } = this.state;
    return status === 'pending' || status === 'requires_action' || (status === 'processing' && nextAttemptAt !== null);
  }

  /** A worker claims it, for an execution or a look-up; its previous worker is fenced off. */
  beginAttempt(now: Date): void {
    this.refuseIfDone();
    const { status, nextAttemptAt } = this.state;
    this.redelivered = status === 'processing' && nextAttemptAt === null;
    const isExecution = status === 'pending' || status === 'processing';
    const attempts = this.state.attempts + (isExecution ? 1 : 0);
    const claimed = { fence: this.state.fence + 1, attempts, nextAttemptAt: null };
    if (status === 'pending') return this.moveTo('processing', 'operation.processing', now, claimed);
    Object.assign(this.state, claimed);
    if (this.redelivered)
      this.record('operation.retrying', now, { attempt: attempts, reason: 'worker_lost', nextAttemptAt: null });
  }

  hasPassedItsDeadline(now: Date): boolean {
    const { status, expiresAt } = this.state;
    return (status === 'pending' || status === 'requires_action') && expiresAt !== null && expiresAt <= now;
  }

  reportProgress(progress: Progress, now: Date): void {
    this.stayIn('processing', 'operation.progressed', now, { progress });
  }

  /** The customer has acted, or a look-up found that the work continues. */
  resume(now: Date): void {
    this.moveTo('processing', 'operation.processing', now, {});
  }

  /** The attempt surely had no effect, and the provider may answer later. `because`: the provider's own words. */
  retryAt(nextAttemptAt: Date, reason: string, now: Date, because: Json = {}): void {
    const detail = { ...because, attempt: this.state.attempts, reason, nextAttemptAt: nextAttemptAt.toISOString() };
    if (this.state.status === 'reconciling')
      this.moveTo('processing', 'operation.retrying', now, { nextAttemptAt }, detail);
    else this.stayIn('processing', 'operation.retrying', now, { nextAttemptAt }, detail);
  }

  /**
   * The provider's answer is unknown or not there yet: the service looks it up at `nextLookUpAt` and concludes nothing
   * before. From `attentionAt` on, the operation needs attention. `because`: the provider's own words.
   */
  reconcileAt(nextLookUpAt: Date, reason: string, now: Date, attentionAt: Date | null, because: Json = {}): void {
    const changes = { ...this.lookUpAt(nextLookUpAt), attentionAt: attentionAt && this.earlierAttention(attentionAt) };
    const detail = { ...because, reason, lookUp: changes.lookUps, nextLookUpAt: nextLookUpAt.toISOString() };
    if (this.state.status === 'reconciling') this.stayIn('reconciling', 'operation.reconciling', now, changes, detail);
    else this.moveTo('reconciling', 'operation.reconciling', now, changes, detail);
  }

  /**
   * The customer must act. If the kind can look it up, the service does so at `nextLookUpAt`. A repeated action records
   * no event.
   */
  requireAction(nextAction: NextAction, nextLookUpAt: Date | null, now: Date): void {
    const { status } = this.state;
    if (status === 'requires_action' && inOneOrder(nextAction) === inOneOrder(this.state.nextAction)) {
      if (nextLookUpAt) this.waitOn(nextLookUpAt);
      return;
    }
    const changes = { nextAction, ...(nextLookUpAt && this.lookUpAt(nextLookUpAt)) };
    if (status === 'requires_action') this.stayIn(status, 'operation.action_required', now, changes);
    else this.moveTo('requires_action', 'operation.action_required', now, changes);
  }

  /**
   * The look-up found nothing new about the customer, who may still act. `attentionAt`: when the operation begins to
   * need attention, if the provider should have ended it.
   */
  waitOn(nextLookUpAt: Date, attentionAt: Date | null = null): void {
    this.refuseIfDone();
    if (this.state.status !== 'requires_action')
      throw TransitionNotAllowed.of(this.id, this.state.status, 'requires_action');
    Object.assign(this.state, this.lookUpAt(nextLookUpAt), { attentionAt: this.earlierAttention(attentionAt) });
  }

  succeed(result: Json, now: Date, detail: Json | null = null): void {
    this.end('success', 'operation.succeeded', now, { result }, detail);
  }

  /** `attentionAt`: when an operator must deal with what this failure left undone. */
  fail(
    failure: Failure,
    now: Date,
    { detail = null, attentionAt = null }: { detail?: Json | null; attentionAt?: Date | null } = {},
  ): void {
    this.end('failed', 'operation.failed', now, { failure, attentionAt }, detail);
  }

  cancel(now: Date): void {
    this.end('canceled', 'operation.canceled', now);
  }

  expire(now: Date): void {
    this.end('expired', 'operation.expired', now);
  }

  /** Checks that an operator may state how it ended. @throws OperationAlreadyEnded, TransitionNotAllowed */
  expectResolvable(): void {
    this.refuseIfDone();
    const { status } = this.state;
    if (status !== 'reconciling' && status !== 'requires_action')
      throw TransitionNotAllowed.of(this.id, status, 'resolved by an operator');
  }

  /** An operator resolves it, which counts as a look-up; its previous worker is fenced off. */
  takeOver(): void {
    this.expectResolvable();
    const { fence, lookUps } = this.state;
    Object.assign(this.state, { fence: fence + 1, lookUps: lookUps + 1, nextAttemptAt: null });
  }

  /** The operator's finding does not end it: a worker claims it at `nextAttemptAt`. */
  handBack(nextAttemptAt: Date): void {
    this.expectResolvable();
    this.state.nextAttemptAt = nextAttemptAt;
  }

  /** An answer contradicts the ending, which stays. */
  recordLateAnswer(detail: Json, attentionAt: Date | null, now: Date): void {
    this.refuseUnlessDone();
    this.state.attentionAt = attentionAt;
    this.record('operation.answered_late', now, detail);
  }

  /** An operator has dealt with what the ending left undone. */
  review(detail: Json, now: Date): void {
    this.refuseUnlessDone();
    if (!this.state.attentionAt) throw NothingToReview.of(this.id, this.status);
    this.state.attentionAt = null;
    this.record('operation.reviewed', now, detail);
  }

  private earlierAttention(attentionAt: Date | null): Date | null {
    const { attentionAt: known } = this.state;
    return known && attentionAt && attentionAt < known ? attentionAt : (known ?? attentionAt);
  }

  private lookUpAt(nextAttemptAt: Date): Partial<OperationRecord> {
    return { nextAttemptAt, lookUps: this.state.lookUps + 1 };
  }

  private end(
    status: Status,
    type: EventType,
    now: Date,
    changes: Partial<OperationRecord> = {},
    detail: Json | null = null,
  ): void {
    // An operation that no worker has claimed has never reached the provider.
    const unconfirmedSince = status === 'success' || this.state.fence === 0 ? null : now;
    // If the clock was set back, the operation must not end before it was created.
    const finishedAt = now < this.state.createdAt ? this.state.createdAt : now;
    this.moveTo(status, type, finishedAt, { finishedAt, nextAttemptAt: null, unconfirmedSince, ...changes }, detail);
  }

  private moveTo(
    to: Status,
    type: EventType,
    now: Date,
    changes: Partial<OperationRecord>,
    detail: Json | null = null,
  ): void {
    this.refuseIfDone();
    if (!mayFollow(this.state.status, to)) throw TransitionNotAllowed.of(this.id, this.state.status, to);
    Object.assign(this.state, { status: to, nextAction: null, attentionAt: null, ...changes });
    this.record(type, now, detail);
  }

  private stayIn(
    status: Status,
    type: EventType,
    now: Date,
    changes: Partial<OperationRecord>,
    detail: Json | null = null,
  ): void {
    this.refuseIfDone();
    if (this.state.status !== status) throw TransitionNotAllowed.of(this.id, this.state.status, status);
    Object.assign(this.state, changes);
    this.record(type, now, detail);
  }

  private refuseIfDone(): void {
    if (this.done) throw OperationAlreadyEnded.withId(this.id, this.status);
  }

  private refuseUnlessDone(): void {
    if (!this.done) throw TransitionNotAllowed.of(this.id, this.status, 'reviewed');
  }

  private record(type: EventType, now: Date, detail: Json | null = null): void {
    this.state.version += 1;
    this.state.updatedAt = now;
    this.recorded.push({
      type,
      subject: subjectOf(this.state),
      version: this.state.version,
      occurredAt: now,
      snapshot: snapshotOf(this.state),
      detail,
    });
  }
}

/** As JSON with sorted keys: PostgreSQL does not keep the order of keys in jsonb. */
const inOneOrder = (given: unknown) =>
  JSON.stringify(given, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  );

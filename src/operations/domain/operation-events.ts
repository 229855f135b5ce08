import type { Status } from './operation-status.js';

/** How far the work has come. `percent` is 0 to 100. */
export interface Progress {
  percent: number;
  message: string | null;
}

/** Why an operation ended without success. `retryable`: the same request, started anew, may succeed. */
export interface Failure {
  code: string;
  message: string;
  retryable: boolean;
}

/** What the customer must do: go to a page, or confirm within the shop's page, whose script needs `clientData`. */
export type NextAction = { type: 'redirect'; url: string } | { type: 'confirm'; clientData: Record<string, string> };

export type Json = Record<string, unknown>;

/** The fields of an operation that events change. With OperationSubject, the whole operation at a version. */
export interface OperationSnapshot {
  status: Status;
  progress: Progress | null;
  nextAction: NextAction | null;
  result: Json | null;
  failure: Failure | null;
  finishedAt: string | null;
}

/** The fields of an operation that never change, passed along with each event. */
export interface OperationSubject {
  id: string;
  /** Whose it is: a UUID. For every other tenant it does not exist. */
  tenant: string;
  kind: string;
  metadata: Record<string, string>;
  requestId: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

/** A copy: an event states what was true when it occurred, and does not expose the operation's state. */
export const subjectOf = ({
  id,
  tenant,
  kind,
  metadata,
  requestId,
  createdAt,
  expiresAt,
}: OperationSubject): OperationSubject =>
  Object.freeze({ id, tenant, kind, metadata: { ...metadata }, requestId, createdAt, expiresAt });

export const EVENT_TYPES = [
  'operation.started',
  'operation.processing',
  'operation.progressed',
  'operation.retrying',
  'operation.action_required',
  'operation.reconciling',
  'operation.succeeded',
  'operation.failed',
  'operation.canceled',
  'operation.expired',
  // An answer contradicts the ending, which stays. The history records the answer.
  'operation.answered_late',
  // An operator has dealt with what needed attention.
  'operation.reviewed',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** One step in an operation's history. (operation, version) identifies it; versions have no gaps. */
export interface OperationEvent {
  readonly type: EventType;
  readonly subject: OperationSubject;
  readonly version: number;
  readonly occurredAt: Date;
  readonly snapshot: OperationSnapshot;
  readonly detail: Json | null;
}

/** What the bus carries: the events of one commit, each operation's in order. */
export class OperationsChanged {
  constructor(readonly events: readonly OperationEvent[]) {}
}

/** A field that it lacks is null; of an ending, `finishedAt` is then the time of the event. */
export type StoredSnapshot = Pick<OperationSnapshot, 'status'> & Partial<OperationSnapshot>;

/** An event as its row holds it. */
export type StoredEvent = Pick<OperationEvent, 'version' | 'type' | 'occurredAt' | 'detail'> & {
  snapshot: StoredSnapshot;
};

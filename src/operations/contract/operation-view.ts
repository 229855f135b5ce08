import { z } from 'zod';
import {
  EVENT_TYPES,
  type StoredSnapshot,
  type OperationSubject,
  type StoredEvent,
} from '../domain/operation-events.js';
import { type OperationRecord, snapshotOf } from '../domain/operation.js';
import { isoTime } from '../../time/iso-time.js';
import { isEnding, STATUSES } from '../domain/operation-status.js';

const time = (description: string) => z.iso.datetime().meta({ description });

const openObject = z.record(z.string(), z.unknown());

const nextAction = z.union([
  z.object({ type: z.literal('redirect'), url: z.string().meta({ description: 'The page to send the customer to.' }) }),
  z.object({
    type: z.literal('confirm'),
    clientData: z.record(z.string(), z.string()).meta({
      description: 'What the provider’s script in the page needs to ask the customer there, such as its clientSecret.',
    }),
  }),
  z.object({
    type: z.enum(['redirect', 'confirm']),
    redacted: z.literal(true).meta({ description: 'The credentials lack operations:read_secrets.' }),
  }),
  z.null(),
]);

/** The operation as clients see it: the same in REST, SSE and Socket.IO. */
export const operationView = z
  .object({
    id: z.uuidv7().meta({ description: 'UUIDv7: ids sort by the time of their start.' }),
    kind: z.string().meta({ examples: ['payment.charge'] }),
    status: z.enum(STATUSES),
    version: z
      .int()
      .min(1)
      .meta({ description: 'Starts at 1 and grows by one with each event; also the ETag, as "v7".' }),
    done: z.boolean().meta({ description: 'Whether it has ended. An ending never changes.' }),
    progress: z
      .object({ percent: z.number().min(0).max(100), message: z.string().nullable() })
      .nullable()
      .meta({ description: 'How far the work has come, if its kind reports progress.' }),
    nextAction: nextAction.meta({ description: 'What the customer must do, while the status is requires_action.' }),
    result: openObject
      .nullable()
      .meta({ description: 'What came of it, once it is a success; the shape is the kind’s.' }),
    failure: z
      .object({
        code: z.string(),
        message: z.string(),
        retryable: z.boolean().meta({ description: 'Whether the same thing, started anew, may work.' }),
      })
      .nullable()
      .meta({ description: 'Why it ended badly, once it has failed.' }),
    metadata: z.record(z.string(), z.string()),
    createdAt: time('When it was accepted.'),
    updatedAt: time('When its last event occurred.'),
    finishedAt: time('When it ended.').nullable(),
    expiresAt: time('When it expires, unless it has taken effect before.').nullable(),
    strippedAt: time(
      'Only where its content was taken away, some time after its end or because a person’s data was erased: ' +
        'metadata is empty, and of result and history only codes, amounts, references and times are left.',
    ).optional(),
  })
  .meta({ id: 'Operation', description: 'Work that was started and is followed to its end.' });

export type OperationView = z.output<typeof operationView>;

export const startedOperation = operationView
  .extend({
    watchToken: z.string().optional().meta({
      description:
        'Where credentials are asked for: shows this operation alone, for an hour. Keep it out of logs and URLs.',
    }),
  })
  .meta({ id: 'StartedOperation', description: 'An operation that was started.' });

export type StartedOperationView = z.output<typeof startedOperation>;

export const operationEventView = z
  .object({
    operationId: z.uuidv7(),
    version: z.int().min(1),
    type: z.enum(EVENT_TYPES),
    occurredAt: time('When it occurred.'),
    detail: openObject.nullable().meta({ description: 'Details of this step, such as the time of the next attempt.' }),
    operation: operationView,
  })
  .meta({
    id: 'OperationEvent',
    description: 'One step in the life of an operation, with the operation as it was then.',
  });

export type OperationEventView = z.output<typeof operationEventView>;

/** An event in a history. The metadata never changes, so the history carries it once. */
export const pastEventView = operationEventView
  .extend({
    operation: operationView
      .omit({ metadata: true })
      .meta({ id: 'PastOperation', description: 'The operation as it was then.' }),
  })
  .meta({ id: 'PastOperationEvent', description: 'One step in the life of an operation, without its metadata.' });

export type PastEventView = z.output<typeof pastEventView>;

export const pastEventOf = (event: OperationEventView): PastEventView => ({
  ...event,
  operation: withoutMetadata(event.operation),
});

/** Undefined is not sent: to leave a field out of a copy costs V8 ten times as much. */
const withoutMetadata = (operation: OperationView) => ({ ...operation, metadata: undefined });

export function viewOf(record: Readonly<Omit<OperationRecord, 'input'>>): OperationView {
  return viewAt(record, record.version, record.updatedAt, snapshotOf(record));
}

type Subject = OperationSubject & Partial<Pick<OperationRecord, 'strippedAt'>>;

/** The event, with the operation as of that version. */
export function eventViewOf(
  subject: Subject,
  { version, type, occurredAt, snapshot, detail }: StoredEvent,
): OperationEventView {
  const operation = viewAt(subject, version, occurredAt, snapshot);
  return { operationId: subject.id, version, type, occurredAt: operation.updatedAt, detail, operation };
}

function viewAt(subject: Subject, version: number, updatedAt: Date, snapshot: StoredSnapshot): OperationView {
  const { status, progress = null, nextAction = null, result = null, failure = null } = snapshot;
  const done = isEnding(status);
  const { finishedAt = done ? isoTime(updatedAt) : null } = snapshot;
  const view: OperationView = {
    id: subject.id,
    kind: subject.kind,
    status,
    version,
    done,
    progress,
    nextAction,
    result,
    failure,
    metadata: subject.metadata,
    createdAt: isoTime(subject.createdAt),
    updatedAt: isoTime(updatedAt),
    finishedAt,
    expiresAt: subject.expiresAt && isoTime(subject.expiresAt),
  };
  if (subject.strippedAt) view.strippedAt = isoTime(subject.strippedAt);
  return view;
}

import type {
  NextAction,
  OperationEvent,
  OperationSnapshot,
  StoredEvent,
  StoredSnapshot,
} from '../domain/operation-events.js';
import { isoTime } from '../../time/iso-time.js';

export const eventRowOf = ({
  subject,
  version,
  type,
  occurredAt,
  snapshot,
  detail,
}: OperationEvent): StoredEvent & { operationId: string } => ({
  operationId: subject.id,
  version,
  type,
  occurredAt,
  snapshot: storedOf(snapshot, occurredAt),
  detail,
});

/**
 * Most steps leave most fields null, and the time of an ending is mostly the event's own: without these, an operation's
 * log and history are a tenth smaller.
 */
function storedOf(
  { status, progress, nextAction, result, failure, finishedAt }: OperationSnapshot,
  occurredAt: Date,
): StoredSnapshot {
  const stored: StoredSnapshot = { status };
  if (progress !== null) stored.progress = progress;
  if (nextAction !== null) stored.nextAction = withoutSecret(nextAction);
  if (result !== null) stored.result = result;
  if (failure !== null) stored.failure = failure;
  if (finishedAt !== null && finishedAt !== isoTime(occurredAt)) stored.finishedAt = finishedAt;
  return stored;
}

/**
 * Only the operation keeps the secret that the provider's script needs to ask the customer, and only while they must
 * act.
 */
const withoutSecret = (nextAction: NextAction): NextAction =>
  nextAction.type === 'confirm' ? { type: 'confirm', clientData: {} } : nextAction;

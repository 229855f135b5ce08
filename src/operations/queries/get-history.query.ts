import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { OperationRecord } from '../domain/operation.js';
import { OperationRepository, type StoredEvent } from '../persistence/operation.repository.js';
import { eventViewOf, type OperationEventView, type OperationView, viewOf } from './operation-view.js';

export interface OperationHistory {
  /** As it is after the last of the events. */
  operation: OperationView;
  events: OperationEventView[];
}

/** An operation and every event after a version, in order. @throws OperationNotFound */
export class GetHistory extends Query<OperationHistory> {
  constructor(
    readonly operationId: string,
    readonly afterVersion: number,
  ) {
    super();
  }
}

@QueryHandler(GetHistory)
export class GetHistoryHandler implements IQueryHandler<GetHistory> {
  constructor(private readonly operations: OperationRepository) {}

  async execute({ operationId, afterVersion }: GetHistory): Promise<OperationHistory> {
    const { current } = await this.operations.get(operationId);
    const stored = afterVersion < current.version ? await this.operations.eventsAfter(operationId, afterVersion) : [];
    // What has come about since it was read is for the next read: only the operation itself has what a customer needs to act.
    const upToNow = stored.filter(({ version }) => version <= current.version);
    const events = upToNow.map((event) => eventViewOf(current, withActionOf(current, event)));
    return { operation: events.at(-1)?.operation ?? viewOf(current), events };
  }
}

/** An event is kept without the secret that its action has, which is shown for as long as the customer must act. */
function withActionOf({ nextAction }: Readonly<OperationRecord>, event: StoredEvent): StoredEvent {
  if (!nextAction || !event.snapshot.nextAction) return event;
  return { ...event, snapshot: { ...event.snapshot, nextAction } };
}

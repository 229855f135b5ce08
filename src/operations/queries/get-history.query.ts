import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { OperationRepository } from '../persistence/operation.repository.js';
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
    const events = stored.map((event) => eventViewOf(current, event));
    return { operation: events.at(-1)?.operation ?? viewOf(current), events };
  }
}

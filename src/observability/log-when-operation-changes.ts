import { Logger } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { OPERATION_EVENTS, type OperationEvent } from '../operations/domain/events.js';

@EventsHandler(...Object.values(OPERATION_EVENTS))
export class LogWhenOperationChanges implements IEventHandler<OperationEvent> {
  private readonly logger = new Logger('Operation');

  handle({
    type,
    subject: { id, kind, requestId },
    version,
    snapshot: { status, failure },
    detail,
  }: OperationEvent): void {
    this.logger.log({
      msg: type,
      operationId: id,
      kind,
      version,
      status,
      requestId,
      ...(failure && { failure: failure.code }),
      ...(detail && { detail }),
    });
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { OperationEvent } from '../operations/domain/operation-events.js';
import { consumeEvents } from '../operations/events/consume-events.js';

@Injectable()
export class LogWhenOperationChanges {
  private readonly logger = new Logger('Operation');

  constructor(bus: EventBus) {
    consumeEvents(bus, LogWhenOperationChanges.name, (event) => this.log(event));
  }

  private log({
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

import { Logger } from '@nestjs/common';
import type { EventBus } from '@nestjs/cqrs';
import { filter } from 'rxjs';
import { OperationEvent } from '../domain/operation-events.js';

/**
 * One subscription to the bus for all events of operations, each passed on as soon as its commit is done. A consumer
 * that throws gets the next event all the same; its error is logged.
 */
export function consumeEvents(bus: EventBus, consumer: string, consume: (event: OperationEvent) => void): void {
  const logger = new Logger(consumer);
  bus.pipe(filter((event) => event instanceof OperationEvent)).subscribe((event) => {
    try {
      consume(event);
    } catch (err) {
      const { type, version, subject } = event;
      logger.error({ msg: 'an event was not taken in', type, operationId: subject.id, version, err });
    }
  });
}

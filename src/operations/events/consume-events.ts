import { Logger } from '@nestjs/common';
import type { EventBus } from '@nestjs/cqrs';
import { filter } from 'rxjs';
import { type OperationEvent, OperationsChanged } from '../domain/operation-events.js';

/**
 * One subscription to the bus for all events of operations, each passed on as soon as its commit is done. A consumer
 * that throws gets the next event all the same; its error is logged.
 */
export function consumeEvents(bus: EventBus, consumer: string, consume: (event: OperationEvent) => void): void {
  const logger = new Logger(consumer);
  const consumeSafely = (event: OperationEvent) => {
    try {
      consume(event);
    } catch (err) {
      const { type, version, subject } = event;
      logger.error({ msg: 'an event was not taken in', type, operationId: subject.id, version, err });
    }
  };
  bus
    .pipe(filter((commit) => commit instanceof OperationsChanged))
    .subscribe(({ events }) => events.forEach(consumeSafely));
}

import { Logger } from '@nestjs/common';
import type { EventBus } from '@nestjs/cqrs';
import { filter } from 'rxjs';
import { type OperationEvent, OperationsChanged } from '../domain/operation-events.js';

/**
 * Subscribes once to the bus for all operation events, each passed on after its commit. If the consumer throws, the
 * error is logged and the next event follows.
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

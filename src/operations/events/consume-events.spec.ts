import type { EventBus } from '@nestjs/cqrs';
import { Subject } from 'rxjs';
import { newOperation } from '../../../test/support/new-operation.js';
import { OperationsChanged } from '../domain/operation-events.js';
import { consumeEvents } from './consume-events.js';

const NOW = new Date('2026-01-01T00:00:00Z');

test('a consumer receives all operation events and no others, even if it throws on one', () => {
  const bus = new Subject<object>();
  const consumed: string[] = [];
  consumeEvents(bus as unknown as EventBus, 'Consumer', ({ type }) => {
    consumed.push(type);
    if (type === 'operation.started') throw new Error('It cannot take this one in.');
  });
  const operation = newOperation({}, NOW);
  operation.cancel(NOW);
  bus.next({ events: ['of another room'] });
  bus.next(new OperationsChanged(operation.events));
  bus.next(new OperationsChanged(operation.events.slice(0, 1)));
  expect(consumed).toEqual(['operation.started', 'operation.canceled', 'operation.started']);
});

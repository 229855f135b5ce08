import type { EventBus } from '@nestjs/cqrs';
import { Subject } from 'rxjs';
import { Operation } from '../domain/operation.js';
import { consumeEvents } from './consume-events.js';

const NOW = new Date('2026-01-01T00:00:00Z');

test('a consumer receives every event of operations and no other, though it fails on one', () => {
  const bus = new Subject<object>();
  const consumed: string[] = [];
  consumeEvents(bus as unknown as EventBus, 'Consumer', ({ type }) => {
    consumed.push(type);
    if (type === 'operation.started') throw new Error('It cannot take this one in.');
  });
  const operation = Operation.start(
    {
      id: '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
      kind: 'demo.countdown',
      input: {},
      metadata: {},
      idempotencyKey: null,
      requestHash: null,
      requestId: null,
      expiresAt: null,
    },
    NOW,
  );
  operation.cancel(NOW);
  for (const event of [{ type: 'of another room' }, ...operation.events]) bus.next(event);
  expect(consumed).toEqual(['operation.started', 'operation.canceled']);
});

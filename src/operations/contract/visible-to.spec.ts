import { ANYONE, type Caller, NOBODY } from '../../access/caller.js';
import type { OperationEventView } from './operation-view.js';
import { eventVisibleTo } from './visible-to.js';

const OPERATION = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

const event = {
  operationId: OPERATION,
  version: 2,
  detail: { attempt: 1, providerCode: 'do_not_honor' },
  operation: { id: OPERATION, metadata: { public_order: '7', note: 'secret' }, nextAction: null },
} as unknown as OperationEventView;

const customer = (name: string): Caller => ({ ...NOBODY, name, operationId: OPERATION });

test('readers with the same rights are shown the same object, which is then encoded once', () => {
  expect(eventVisibleTo(customer('one'), event)).toBe(eventVisibleTo(customer('another'), event));
  expect(eventVisibleTo(ANYONE, event)).toBe(event);
});

test('readers with other rights are shown another one', () => {
  const [less, least] = [eventVisibleTo(NOBODY, event), eventVisibleTo(customer('one'), event)];
  expect([less.detail, less.operation.metadata]).toEqual([event.detail, event.operation.metadata]);
  expect([least.detail, least.operation.metadata]).toEqual([{ attempt: 1 }, { public_order: '7' }]);
});

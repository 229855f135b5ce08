import { type NewOperation, Operation } from '../../src/operations/domain/operation.js';

/** A newly started operation. */
export const newOperation = (given: Partial<NewOperation> = {}, now = new Date('2026-01-01T00:00:00Z')): Operation =>
  Operation.start(
    {
      id: '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
      kind: 'test.work',
      input: {},
      metadata: {},
      idempotencyKey: null,
      requestHash: null,
      requestId: null,
      expiresAt: null,
      ...given,
    },
    now,
  );

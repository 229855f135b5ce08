import { ONLY_TENANT } from '../../src/access/caller.js';
import { getMetadataArgsStorage } from 'typeorm';
import { type NewOperation, Operation } from '../../src/operations/domain/operation.js';
import { OperationEntity } from '../../src/operations/persistence/operation.entity.js';

const EMPTY = Object.fromEntries(
  getMetadataArgsStorage()
    .filterColumns(OperationEntity)
    .filter(({ options: { nullable, update } }) => nullable && update === false)
    .map(({ propertyName }) => [propertyName, null]),
) as Partial<NewOperation>;

/** A newly started operation. */
export const newOperation = (given: Partial<NewOperation> = {}, now = new Date('2026-01-01T00:00:00Z')): Operation =>
  Operation.start(
    {
      ...EMPTY,
      id: '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
      tenant: ONLY_TENANT,
      kind: 'test.work',
      input: {},
      metadata: {},
      ...given,
    } as NewOperation,
    now,
  );

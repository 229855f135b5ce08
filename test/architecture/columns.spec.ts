import { NO_COMPANIONS } from '../../src/database/companion.js';
import { getMetadataArgsStorage } from 'typeorm';
import { listQuery } from '../../src/operations/contract/operation.contract.js';
import type { OperationRecord } from '../../src/operations/domain/operation.js';
import { OperationEntity } from '../../src/operations/persistence/operation.entity.js';
import {
  addWith,
  changeWith,
  FIND,
  PROPOSE_RESOLUTION,
  REQUEST_CANCEL,
  REVOKE_WATCH_TOKENS,
} from '../../src/operations/persistence/operation.sql.js';
import { STRIP } from '../../src/retention/retention.sql.js';
import { newOperation } from '../support/new-operation.js';

// Does not compile if the entity has a column that an operation does not: name it in OperationSubject of
// src/operations/domain/operation-events.ts if it never changes, else in OperationRecord of operation.ts.
const propertyOf = (name: string) => name as keyof OperationEntity satisfies keyof OperationRecord;

const storage = getMetadataArgsStorage();
const columns = storage.filterColumns(OperationEntity).map(({ options: { name, update }, propertyName }) => ({
  column: name ?? propertyName,
  property: propertyOf(propertyName),
  update,
}));
const inserted = /INSERT INTO operation \(([^)]*)\)/.exec(addWith(NO_COMPANIONS).body)?.[1]?.split(', ') ?? [];
const changes = [changeWith(NO_COMPANIONS), REQUEST_CANCEL, PROPOSE_RESOLUTION, REVOKE_WATCH_TOKENS, STRIP];
const isChanged = (column: string) =>
  changes.some(({ body }) => body.includes(`SET ${column} =`) || body.includes(`, ${column} =`));
const started = newOperation();
const ENTITY = 'src/operations/persistence/operation.entity.ts';

test.each(columns)('the column $column is read and written by the statements of operation.sql.ts', ({ column }) => {
  expect(FIND.body).toContain(`${column} AS "`);
  expect([column, inserted.includes(column) || isChanged(column)]).toEqual([column, true]);
});

test('what never changes is written by the start alone', () => {
  const subject = Object.keys(started.events[0]!.subject);
  for (const { property, update } of columns) {
    if (update === false || !subject.includes(property)) continue;
    throw new Error(`${property} never changes: give its @Column in ${ENTITY} "update: false".`);
  }
});

test.each(Object.keys(listQuery.omit({ attention: true, cursor: true, limit: true }).shape))(
  'the filter %s has an index',
  (filter) => {
    const indexes = storage.filterIndices(OperationEntity).map((index) => index.columns);
    const columns = (of: unknown) => (Array.isArray(of) ? of.filter((column) => column !== 'tenant').join() : '');
    if (indexes.some((of) => columns(of) === `${filter},id`)) return;
    throw new Error(
      `A list by ${filter} reads the whole table. Give ${ENTITY} the line ` +
        `@Index('operation_by_${filter}', ['tenant', '${filter}', 'id']), and run ` +
        '"npm run migration:generate -- AddIndex".',
    );
  },
);

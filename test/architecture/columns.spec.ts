import { getMetadataArgsStorage } from 'typeorm';
import { OperationEntity } from '../../src/operations/persistence/operation.entity.js';
import { addWith, changeWith, FIND, REQUEST_CANCEL } from '../../src/operations/persistence/operation.sql.js';

const columns = getMetadataArgsStorage()
  .filterColumns(OperationEntity)
  .map(({ options: { name }, propertyName }) => name ?? propertyName);
const inserted = /INSERT INTO operation \(([^)]*)\)/.exec(addWith().text)?.[1]?.split(', ') ?? [];
const written = (column: string) =>
  inserted.includes(column) ||
  [changeWith({ name: '', ctes: '' }), REQUEST_CANCEL].some(({ text }) => text.includes(`SET ${column} =`));

/** The statements of the hot path name their columns themselves, without TypeORM. */
test.each(columns)('operation.sql.ts reads and writes the column %s: name it in FIXED or MUTABLE', (column) => {
  expect(FIND.text).toContain(`${column} AS "`);
  expect([column, written(column)]).toEqual([column, true]);
});

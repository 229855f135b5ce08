import { expect, test } from '@jest/globals';
import { columns } from './table.mjs';

test('Columns are as wide as their widest cell, the first one at the left and the others at the right', () => {
  expect(
    columns([
      ['', 'ms', 'a second'],
      ['naive floor', '0.5', '3000'],
      ['service', '12.5', ''],
    ]),
  ).toEqual(['                 ms  a second', '  naive floor   0.5      3000', '  service      12.5']);
});

import { z } from 'zod';
import { fieldViolationsOf } from './field-violation.js';

const form = z.strictObject({
  name: z.string('expected a name'),
  items: z.array(z.strictObject({ price: z.int('expected a price') })),
});
const violationsIn = (given: unknown, base?: string[]) =>
  fieldViolationsOf(form.safeParse(given).error?.issues ?? [], base);

describe('violations', () => {
  test('name each place by its path', () => {
    expect(violationsIn({ name: 1, items: [{ price: 1 }, { price: 'x' }] })).toEqual([
      { path: 'name', message: 'expected a name' },
      { path: 'items.1.price', message: 'expected a price' },
    ]);
  });

  test('name each unknown field, not its object', () => {
    const found = violationsIn({ name: 'x', items: [{ price: 1, a: 1 }], b: 1, c: 1 });
    expect(found.map(({ path }) => path)).toEqual(['items.0.a', 'b', 'c']);
  });

  test('begin with the path of the checked value', () => {
    expect(violationsIn({ name: 1, items: [], a: 1 }, ['input']).map(({ path }) => path)).toEqual([
      'input.name',
      'input.a',
    ]);
  });

  test('read issues of any Standard Schema', () => {
    const issues = [{ message: 'no' }, { message: 'no', path: ['a', { key: 'b' }, 0] }];
    expect(fieldViolationsOf(issues)).toEqual([
      { path: '', message: 'no' },
      { path: 'a.b.0', message: 'no' },
    ]);
  });

  test('are a hundred at most', () => {
    expect(violationsIn({ name: 'x', items: Array.from({ length: 200 }, () => ({})) })).toHaveLength(100);
  });
});

import { z } from 'zod';
import { offencesOf } from './offences.js';

const form = z.strictObject({ name: z.string('expected a name'), items: z.array(z.strictObject({ price: z.int('expected a price') })) });
const offencesIn = (given: unknown, base?: string[]) => offencesOf(form.safeParse(given).error?.issues ?? [], base);

describe('offences', () => {
  test('name each place by its path', () => {
    expect(offencesIn({ name: 1, items: [{ price: 1 }, { price: 'x' }] })).toEqual([
      { path: 'name', message: 'expected a name' },
      { path: 'items.1.price', message: 'expected a price' },
    ]);
  });

  test('name each field that is not known, and not what it stands in', () => {
    const found = offencesIn({ name: 'x', items: [{ price: 1, a: 1 }], b: 1, c: 1 });
    expect(found.map(({ path }) => path)).toEqual(['items.0.a', 'b', 'c']);
  });

  test('begin where what was checked stands', () => {
    expect(offencesIn({ name: 1, items: [], a: 1 }, ['input']).map(({ path }) => path)).toEqual(['input.name', 'input.a']);
  });

  test('read issues of any Standard Schema', () => {
    const issues = [{ message: 'no' }, { message: 'no', path: ['a', { key: 'b' }, 0] }];
    expect(offencesOf(issues)).toEqual([
      { path: '', message: 'no' },
      { path: 'a.b.0', message: 'no' },
    ]);
  });

  test('are a hundred at most', () => {
    expect(offencesIn({ name: 'x', items: Array.from({ length: 200 }, () => ({})) })).toHaveLength(100);
  });
});

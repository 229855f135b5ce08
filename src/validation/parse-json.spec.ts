import { z } from 'zod';
import { parseJson } from './parse-json.js';

const schema = z.strictObject({
  name: z.string(),
  note: z.string().optional(),
  size: z.int().default(3),
  color: z.string().nullable().optional(),
  notes: z.record(z.string(), z.string()).default({}),
  inner: z.strictObject({ deep: z.strictObject({ note: z.string().optional() }) }).optional(),
  list: z.array(z.strictObject({ note: z.string().optional() })).optional(),
});

const paths = (given: unknown) => parseJson(schema, given).error?.issues.map(({ path }) => path.join('.'));

describe('null in JSON', () => {
  test('counts as a missing field, however deep', () => {
    const given = {
      name: 'a',
      note: null,
      size: null,
      notes: { a: null, b: 'c' },
      inner: { deep: { note: null } },
      list: [{ note: null }, { note: 'x' }],
    };
    const before = structuredClone(given);

    expect(parseJson(schema, given).data).toEqual({
      name: 'a',
      size: 3,
      notes: { b: 'c' },
      inner: { deep: {} },
      list: [{}, { note: 'x' }],
    });
    expect(given).toEqual(before);
  });

  test('is kept if the schema accepts it', () => {
    expect(parseJson(schema, { name: 'a', color: null }).data).toMatchObject({ color: null });
  });

  test('does not count as missing for a required field, an item of a list, or the whole value', () => {
    expect(paths({ name: null, note: null })).toEqual(['name']);
    expect(paths({ name: 'a', inner: { deep: null } })).toEqual(['inner.deep']);
    expect(paths({ name: 'a', list: [null] })).toEqual(['list.0']);
    expect(paths(null)).toEqual(['']);
  });

  test('is reported if its field is unknown', () => {
    expect(parseJson(schema, { name: 'a', unknown: null }).error?.issues).toMatchObject([
      { code: 'unrecognized_keys' },
    ]);
  });

  test('hides no other error', () => {
    expect(paths({ name: 1, note: null, size: 'x' })).toEqual(['name', 'size']);
  });
});

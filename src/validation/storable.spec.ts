import fc from 'fast-check';
import { CardNumberRefused, InvalidInput } from '../errors/invalid-input.js';
import { expectStorable } from './storable.js';

const NUMBER = '4242424242424242';

function errorOf(given: unknown): unknown {
  try {
    expectStorable(given);
    return undefined;
  } catch (error) {
    return error;
  }
}

const violations = (given: unknown) => {
  const error = errorOf(given);
  return error instanceof InvalidInput ? error.violations : error;
};
const within = (value: unknown, levels: number): unknown => (levels === 0 ? value : within([value], levels - 1));

describe('a value is storable', () => {
  test.each([
    [undefined],
    [null],
    [true],
    [0],
    [''],
    ['plain'],
    [[]],
    [{}],
    [{ a: [{ b: 'Ünï ☃ 💶', '💶': '\t\n' }] }],
    [within('x', 64)],
  ])('%j', (given) => {
    expect(errorOf(given)).toBeUndefined();
  });

  test('where it is JSON of ordinary text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '💶', ' ') });
    const anything = fc.anything({ key: text, values: [text, fc.integer(), fc.boolean(), fc.constant(null)] });
    fc.assert(fc.property(anything, (given) => errorOf(given) === undefined));
  });

  test('except characters that PostgreSQL cannot store', () => {
    const at = (path: string) => [{ path, message: 'expected text without NUL characters and unpaired surrogates' }];

    expect(violations('\0')).toEqual(at(''));
    expect(violations({ a: ['x', { b: 'y\ud83d' }] })).toEqual(at('a.1.b'));
    expect(violations({ a: '\ude00\ud83d' })).toEqual(at('a'));
  });

  test('except under invalid names', () => {
    expect(violations({ a: { 'b\0': 1 } })).toEqual([
      { path: 'a.(a key)', message: String.raw`expected a name for a field, found "b\u0000"` },
    ]);
    expect(violations({ '\ud83d': 1 })).toMatchObject([{ path: '(a key)' }]);
    expect(violations(JSON.parse('{"a":[{"__proto__":1}]}'))).toMatchObject([{ path: 'a.0.(a key)' }]);
    expect(errorOf({ constructor: 'c', prototype: 'p', toString: 't' })).toBeUndefined();
  });

  test('except more than 64 levels deep, however deep', () => {
    expect(violations(within('x', 65))).toMatchObject([{ message: 'expected at most 64 levels within each other' }]);
    expect(violations(JSON.parse('['.repeat(32_000) + ']'.repeat(32_000)))).toMatchObject([
      { message: expect.stringContaining('64 levels') },
    ]);
  });

  test.each<[string, unknown, string]>([
    ['as text', { a: { b: `card ${NUMBER}` } }, 'a.b'],
    ['as a number', { a: [Number(NUMBER)] }, 'a.0'],
    ['as a name', { a: { [NUMBER]: 1 } }, 'a.(a key)'],
    ['under a name', { a: { b: { [`x ${NUMBER}`]: { c: '\0' } } } }, 'a.b.(a key)'],
    ['first of two faults', { a: NUMBER, b: '\0' }, 'a'],
  ])('except a card number: %s', (_, given, path) => {
    const error = errorOf(given) as Error;

    expect(error).toBeInstanceOf(CardNumberRefused);
    expect(error.message).toContain(`at ${path}.`);
    expect(error.message).not.toContain(NUMBER);
  });
});

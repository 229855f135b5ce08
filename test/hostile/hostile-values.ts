import fc from 'fast-check';

/** In every text that is sent, so that the log can be searched for it. */
export const PLANTED = 'pLaNtEd7f3a';

/** The parts of JSON Schema that the documents use. */
export interface Schema {
  $ref?: string;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  example?: unknown;
  examples?: unknown[];
  items?: Schema | Schema[];
  prefixItems?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

export type Resolve = (ref: string) => Schema;

const repeated = (text: string, most: number) => fc.integer({ min: 1, max: most }).map((times) => text.repeat(times));

const odd = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'a\udfffb',
    '\ufeff',
    '\u202e\u2066',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'NaN',
    '-0',
    '1e999',
    '0x10',
    '${7*7}{{7*7}}#{7*7}',
    "'; DROP TABLE operation; --",
    '%00%0d%0aX: y',
    '\r\nX-Injected: yes',
    '../../../../etc/passwd',
    'https://127.0.0.1:1/',
    'https://[::ffff:127.0.0.1]/',
    'javascript:alert(1)',
    '<script>alert(1)</script>',
    '4242 4242 4242 4242',
    '４２４２４２４２４２４２４２４２',
    '2026-13-45T99:99:99Z',
    '99999999-9999-9999-9999-999999999999',
    'ﷺ'.repeat(50),
    '👩‍👩‍👧‍👦'.repeat(20),
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.stringMatching(/^[\d .,:;+\-/%]{0,60}$/),
  repeated('a', 20_000),
  repeated('4242 ', 4_000),
  repeated('%25', 5_000),
  repeated('\u0301', 9_000),
  repeated('1.', 9_000),
  repeated('"\\', 9_000),
);

/** A text with the mark, mostly. */
export const hostileText = fc.oneof(
  odd,
  fc.tuple(odd, odd).map(([before, after]) => before + PLANTED + after),
);

const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 0;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
};

/** What JSON.parse makes of a literal key, which `{ __proto__: … }` in a program is not. */
const parsed = (text: string): unknown => JSON.parse(text);

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    1e21,
    1e308,
    -1e308,
    5e-324,
    2 ** 31,
    2 ** 53,
    2 ** 63,
    4242424242424242,
    [],
    {},
    [[]],
    [null],
  ),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    parsed('{"__proto__":{"isAdmin":true}}'),
    parsed('{"constructor":{"prototype":{"isAdmin":true}}}'),
    parsed('{"toString":1,"valueOf":1,"toJSON":1,"then":1,"length":-1}'),
    parsed('{"$ref":"#","$where":"1","__v":{"$gt":""}}'),
  ),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => nested(depth, (inner) => [inner])),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => nested(depth, (inner) => ({ a: inner }))),
  fc.integer({ min: 1, max: 10_000 }).map((length) => Array.from({ length }, () => 0)),
  fc
    .integer({ min: 1, max: 4_000 })
    .map((length) => Object.fromEntries(Array.from({ length }, (_, at) => [`k${at}`, at]))),
  fc.jsonValue({ maxDepth: 4 }),
);

const words = fc.string({ maxLength: 20 }).map((text) => PLANTED + text);

/** Values that a schema allows, or nearly. */
export function valueOf(schema: Schema, resolve: Resolve, depth = 0): fc.Arbitrary<unknown> {
  if (depth > 8) return fc.constant(null);
  const inner = (of: Schema) => valueOf(of, resolve, depth + 1);
  if (schema.$ref !== undefined) return inner(resolve(schema.$ref));
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return fc.oneof(...choices.map(inner));
  if (schema.allOf?.[0]) return inner(schema.allOf[0]);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const examples = [schema.example, ...(schema.examples ?? [])].filter((example) => example !== undefined);
  const made = ofType(schema, inner);
  return examples.length > 0 ? fc.oneof(fc.constantFrom(...examples), made) : made;
}

function ofType(schema: Schema, inner: (of: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { type, minimum = 0, maximum = 100_000, properties = {}, required = [], additionalProperties } = schema;
  switch ([type].flat()[0]) {
    case 'object': {
      const known = fc.record(Object.fromEntries(Object.entries(properties).map(([name, of]) => [name, inner(of)])), {
        requiredKeys: required.filter((name) => name in properties),
      });
      if (typeof additionalProperties !== 'object') return known;
      const more = fc.dictionary(words, inner(additionalProperties), { maxKeys: 4 });
      return fc.tuple(known, more).map(([some, others]) => ({ ...some, ...others }));
    }
    case 'array': {
      const places = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : undefined);
      if (places) return fc.tuple(...places.map(inner));
      return fc.array(inner((schema.items as Schema | undefined) ?? {}), { maxLength: 4 });
    }
    case 'integer':
      return fc.integer({ min: Math.max(minimum, -1_000_000), max: Math.min(maximum, 1_000_000) });
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'string':
      if (schema.format === 'uuid') return fc.uuid();
      if (schema.format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
      // Of one address alone: each further endpoint would be sent every event.
      if (schema.format === 'uri') return fc.constant(`https://shop.invalid/${PLANTED}`);
      return words.map((text) => text.slice(0, schema.maxLength));
    default:
      return fc.oneof(fc.jsonValue({ maxDepth: 2 }), words);
  }
}

type Place = readonly (string | number)[];

function placesIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null || place.length > 6) return [place];
  const entries = Array.isArray(value)
    ? value.slice(0, 20).map((each, at) => [at, each] as const)
    : Object.entries(value);
  return [place, ...entries.flatMap(([key, each]) => placesIn(each, [...place, key]))];
}

function changed(value: unknown, [key, ...rest]: Place, by: (old: unknown) => unknown): unknown {
  if (key === undefined) return by(value);
  if (Array.isArray(value)) return value.map((each, at) => (at === key ? changed(each, rest, by) : (each as unknown)));
  const { [key]: old, ...others } = value as Record<string, unknown>;
  return { ...others, [key]: changed(old, rest, by) };
}

const change = fc.record({ at: fc.nat(), to: hostileValue, key: hostileText, how: fc.constantFrom('replace', 'add') });

/** The value, or one with up to three places replaced, or with unknown fields. */
export const spoiled = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(
      values,
      fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: fc.array(change, { maxLength: 3 }) }),
    )
    .map(([value, changes]) =>
      changes.reduce<unknown>((given, { at, to, key, how }) => {
        const places = placesIn(given);
        return changed(given, places[at % places.length] ?? [], (old) =>
          how === 'add' && typeof old === 'object' && old !== null && !Array.isArray(old) ? { ...old, [key]: to } : to,
        );
      }, value),
    );

/** Changes of a text of JSON that no value of a program has. */
const TEXT_CHANGES: ((text: string) => string)[] = [
  (text) => text.replace(/^\{/, '{"kind":"a.b","kind":null,"__proto__":1,'),
  (text) => text.replace(/^\{(.*)\}$/s, '{$1,$1}'),
  (text) => text.slice(0, -1),
  (text) => `${text}}`,
  (text) => text.replaceAll('"', "'"),
  (text) => text.replace(/\d+/, '1e999'),
  (text) => text.replace(/\d+/, `1${'0'.repeat(5_000)}`),
  (text) => text.replace(/\d+/, '['.repeat(30_000)),
  (text) => text.replace(/\d+/, `${'['.repeat(10_000)}${']'.repeat(10_000)}`),
  (text) => text.replace(/\d+/, `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
  (text) => text.replace(/\d+/, 'NaN'),
  (text) => `\ufeff${text}`,
  (text) => `${text}\0`,
  (text) => `${text}${text}`,
  (text) => `${' '.repeat(60_000)}${text}`,
  (text) => text + 'a'.repeat(200_000),
];

/** JSON of the values, at times no JSON any more. */
export const jsonOf = (values: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.tuple(spoiled(values), fc.option(fc.constantFrom(...TEXT_CHANGES), { freq: 8 })).map(([value, textChange]) => {
    const text = JSON.stringify(value) ?? '';
    return textChange ? textChange(text) : text;
  });

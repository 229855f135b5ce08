import { runInNewContext } from 'node:vm';
import pg from 'pg';
import { arrayLiteral, type Element } from './array-literal.js';

/** `text[]`, which the types of pg do not name. */
const TEXT_ARRAY = 1009;
const { getTypeParser } = pg.types as { getTypeParser(type: number): unknown };
const read = getTypeParser(TEXT_ARRAY) as (literal: string) => (string | null)[];

test.each<[string, (string | null)[]]>([
  ['none', []],
  ['texts', ['one', 'two, three', '{four}', ' five ', '']],
  ['quotes and backslashes', ['say "yes"', 'C:\\folder', '\\"', '"\\', '\\\\']],
  ['the word NULL, and null', ['NULL', null]],
  ['control characters and other scripts', ['a\nb\tc', 'Zoë 銀行 🏦']],
  ['JSON', [JSON.stringify({ text: 'a "quoted" \\ word', list: [1, null] })]],
])('what is written is read again: %s', (_, elements) => expect(read(arrayLiteral(elements))).toEqual(elements));

test.each<[string, Element[], string]>([
  ['numbers and booleans', [1, -2.5, true, false], '{1,-2.5,true,false}'],
  ['a time in UTC', [new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6))], '{"2026-01-02T03:04:05.006Z"}'],
  ['a time of another realm', [runInNewContext('new Date(0)') as Date], '{"1970-01-01T00:00:00.000Z"}'],
  ['what is not there', [undefined, null], '{NULL,NULL}'],
])('%s', (_, elements, literal) => expect(arrayLiteral(elements)).toBe(literal));

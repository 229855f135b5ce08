import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as invalidInput from '../../src/errors/invalid-input.js';
import * as operationErrors from '../../src/operations/domain/operation-errors.js';
import * as paymentErrors from '../../src/payments/ledger/payment-errors.js';
import { PROBLEMS } from '../../src/problems/catalogue.js';

const CATALOGUE = 'src/problems/catalogue.ts';
const SECTION = /^### `(\w+)` · (\d{3})\n\n([\s\S]+?)(?=\n#|$(?![\s\S]))/gm;

/** The server's sources, without specs and without what only describes. */
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|documentation\.ts$/.test(file))
  .map((file) => join('src', file))
  .filter((file) => file !== CATALOGUE)
  .map((file) => readFileSync(file, 'utf8'));

const sections = [...readFileSync('docs/errors.md', 'utf8').matchAll(SECTION)].map(
  ([, code = '', status, text = '']) => ({
    code,
    status: Number(status),
    lines: text.trim().split('\n'),
  }),
);

describe('the catalogue of refusals', () => {
  test('is what docs/errors.md tells, each with its status, when it comes and what to do', () => {
    expect(sections.map(({ code, status }) => `${code} ${status}`).sort()).toEqual(
      Object.entries(PROBLEMS)
        .map(([code, { status }]) => `${code} ${status}`)
        .sort(),
    );
    for (const { code, lines } of sections) expect([code, lines.length > 1]).toEqual([code, true]);
  });

  test.each(Object.keys(PROBLEMS))('%s is a refusal that somebody makes', (code) => {
    expect(sources.some((source) => source.includes(`'${code}'`))).toBe(true);
  });

  test('has every domain error', () => {
    const classes = Object.entries({ ...invalidInput, ...operationErrors, ...paymentErrors });
    const codes = classes.map(([name, type]) => {
      // The constructors are private: made by their names, they all have a code of their own.
      const { code } = Reflect.construct(type as unknown as new (message: string) => { code: string }, ['']);
      return { name, code };
    });

    expect(codes.length).toBeGreaterThan(15);
    for (const { name, code } of codes) expect({ name, known: code in PROBLEMS }).toEqual({ name, known: true });
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length);
  });

  test('titles are told apart', () => {
    const titles = Object.values(PROBLEMS).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

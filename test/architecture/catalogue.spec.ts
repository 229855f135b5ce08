import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from '../../src/problems/catalogue.js';

const CATALOGUE = 'src/problems/catalogue.ts';
const SECTION = /^### `(\w+)` · (\d{3})\n\n([\s\S]+?)(?=\n#|$(?![\s\S]))/gm;

/** The server's sources, without specs and pure documentation. */
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|documentation\.ts$/.test(file))
  .map((file) => join('src', file))
  .filter((file) => file !== CATALOGUE)
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

const DOMAIN_ERROR = /^export class (\w+) extends DomainError\b/gm;

const sections = [...readFileSync('docs/errors.md', 'utf8').matchAll(SECTION)].map(
  ([, code = '', status, text = '']) => ({
    code,
    status: Number(status),
    lines: text.trim().split('\n'),
  }),
);

describe('the catalogue of problems', () => {
  test('matches docs/errors.md, each with its status, cause and remedy', () => {
    expect(sections.map(({ code, status }) => `${code} ${status}`).sort()).toEqual(
      Object.entries(PROBLEMS)
        .map(([code, { status }]) => `${code} ${status}`)
        .sort(),
    );
    for (const { code, lines } of sections) expect([code, lines.length > 1]).toEqual([code, true]);
  });

  test('has exactly the domain errors, each under its own code', async () => {
    const declared = sources.flatMap(({ file, text }) =>
      [...text.matchAll(DOMAIN_ERROR)].map(([, name = '']) => ({ file, name })),
    );
    const codes = await Promise.all(
      declared.map(async ({ file, name }) => {
        const { [name]: type } = (await import(`../../${file}`)) as Record<
          string,
          new (message: string) => { code: string }
        >;
        // The constructors are protected; an instance made here still has the code of its class.
        return Reflect.construct(type!, ['']).code;
      }),
    );

    expect(codes.sort()).toEqual(Object.keys(PROBLEMS).sort());
  });

  test('has distinct titles', () => {
    const titles = Object.values(PROBLEMS).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

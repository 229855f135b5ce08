import { ESLint } from 'eslint';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = ['no-restricted-syntax', 'max-len'];

/** Only rules without type information, which would take longer than everything else. */
const eslint = new ESLint({
  cwd: ROOT,
  ruleFilter: ({ ruleId }) => RULES.includes(ruleId),
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } }],
});

async function violations(text: string, filePath = 'src/payments/planted.ts') {
  const [result] = await eslint.lintText(text, { filePath });
  return result?.messages.map(({ message }) => message) ?? [];
}

describe('connections to the database', () => {
  test.each([
    ['a pool of one’s own', `import pg from 'pg';\nexport const pool = new pg.Pool({});`, /openPool/],
    ['a client of one’s own', `import pg from 'pg';\nexport const client = new pg.Client('');`, /openPool/],
    ['one under another name', `import { Pool } from 'pg';\nexport const mine = new Pool({});`, /import pg from/],
    [
      'a connection that is borrowed',
      `export const f = (pool: { connect(): unknown }) => pool.connect();`,
      /inTransaction/,
    ],
    [
      'one of the two pools',
      `export const f = (database: { durable: { connect(): unknown } }) => database.durable.connect();`,
      /inTransaction/,
    ],
  ])('%s is refused by the linter', async (_, text, why) => {
    expect(await violations(text)).toEqual([expect.stringMatching(why)]);
  });

  test('are opened and borrowed only in their own folders', async () => {
    const text = `import pg from 'pg';\nexport const pool = new pg.Pool({});`;
    expect(await violations(text, 'src/database/connection.ts')).toEqual([]);
  });
});

describe('the present time', () => {
  test.each([
    ['the milliseconds of the wall clock', 'export const now = Date.now();'],
    ['its function, to be called later', 'export const now = Date.now;'],
    ['a date of now', 'export const now = new Date();'],
    ['a text of now', 'export const now = Date();'],
  ])('%s is refused by the linter', async (_, text) => {
    for (const file of ['src/payments/planted.ts', 'src/database/connection.ts', 'src/database/embedded/planted.ts'])
      expect(await violations(text, file)).toEqual([expect.stringMatching(/inject Clock/)]);
  });

  test('is read from the machine only in the clock; stored times may be read anywhere', async () => {
    expect(await violations('export const now = Date.now();', 'src/clock/clock.ts')).toEqual([]);
    expect(await violations('export const then = new Date(0);')).toEqual([]);
  });
});

test('a line of more than 120 columns is refused by the linter, be it a string, a comment or a template', async () => {
  const words = 'word '.repeat(24);
  for (const text of [`export const a = '${words}';`, `// ${words}.`, `export const a = \`\n${words}.\`;`])
    expect(await violations(text)).toEqual([expect.stringMatching(/Maximum allowed is 120/)]);
  expect(await violations(`export const a = /${words}/;`)).toEqual([]);
});

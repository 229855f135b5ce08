import { readdir, readFile } from 'node:fs/promises';
import { aloneOf, type CompanionStatement } from '../../src/database/companion.js';
import type { Statement } from '../../src/database/statement.js';
import { STATEMENTS } from '../../src/statements.js';

const isObject = (found: unknown): found is object => typeof found === 'object' && found !== null;
const isStatement = (found: object): found is Statement => 'functionName' in found;
const isCompanion = (found: object): found is CompanionStatement<never> => 'ctes' in found;

/** Whatever a module exports, also within arrays and objects. */
function declaredIn(found: unknown): Statement[] {
  if (!isObject(found)) return [];
  if (isStatement(found)) return [found];
  if (isCompanion(found)) return found.needsStored ? [] : [aloneOf(found)];
  return Object.values(found).flatMap(declaredIn);
}

const sources = async () => (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.ts'));

test('every statement of a *.sql.ts is listed in statements.ts, so that the start makes its function', async () => {
  const files = (await sources()).filter((name) => name.endsWith('.sql.ts'));
  const listed = new Set(STATEMENTS.map(({ functionName }) => functionName));
  for (const file of files) {
    const declared = declaredIn(await import(`../../src/${file.replace(/ts$/, 'js')}`));
    expect([file, declared.filter(({ functionName }) => !listed.has(functionName)).map(({ name }) => name)]).toEqual([
      file,
      [],
    ]);
  }
  expect(files.length).toBeGreaterThan(15);
});

test('statements are declared in such files alone', async () => {
  const others = (await sources()).filter((name) => !/\.(sql|spec)\.ts$/.test(name) && !name.startsWith('database/'));
  for (const file of others)
    expect([file, /\bstatement\(/.test(await readFile(`src/${file}`, 'utf8'))]).toEqual([file, false]);
});

test('each has a name of its own', () => {
  const names = STATEMENTS.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

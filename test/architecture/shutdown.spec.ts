import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const HOOKS = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'];

/** `hook class` of each hook that the source implements. */
async function implemented(): Promise<string[]> {
  const files = (await readdir('src', { recursive: true })).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  const texts = await Promise.all(files.map((file) => readFile(join('src', file), 'utf8')));
  return texts.flatMap((text) =>
    text.split(/^(?:export )?(?=class |abstract class )/m).flatMap((part) => {
      const [, name = ''] = /^(?:abstract )?class (\w+)/.exec(part) ?? [];
      return HOOKS.filter((hook) => new RegExp(`^  (async )?${hook}\\(`, 'm').test(part)).map(
        (hook) => `${hook} ${name}`,
      );
    }),
  );
}

/** `hook class` of each row of the page. */
async function told(): Promise<string[]> {
  const page = await readFile('docs/shutdown.md', 'utf8');
  return [...page.matchAll(/^\| `(\w+)` +\| `(\w+)` +\|/gm)].map(([, hook, name]) => `${hook} ${name}`);
}

test('the page says what stops, in the order in which it does', async () => {
  const rows = await told();
  expect([...rows].sort()).toEqual((await implemented()).sort());
  const hooks = rows.map((row) => HOOKS.indexOf(row.split(' ')[0] ?? ''));
  expect(hooks).toEqual([...hooks].sort());
});

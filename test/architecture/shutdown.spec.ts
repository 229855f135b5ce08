import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PHASES } from '../../src/shutdown/shutdown.js';

const NEST_HOOK = /\b(onModuleDestroy|beforeApplicationShutdown|onApplicationShutdown|enableShutdownHooks)\b/gi;

/** `phase class` of each class that stops, and `class: hook` of each that uses a hook of NestJS. */
function readSource(text: string) {
  const classes = text.split(/^(?=@\w+\(|(?:export )?(?:abstract )?class )/m);
  const steps: string[] = [];
  const hooks = new Set<string>();
  let phases: string[] = [];
  for (const part of classes) {
    const [, phase] = /^@StopsIn\('(\w+)'\)/.exec(part) ?? [];
    if (phase) phases.push(phase);
    const [, name] = /^(?:export )?(?:abstract )?class (\w+)/.exec(part) ?? [];
    if (!name) continue;
    steps.push(...phases.map((each) => `${each} ${name}`));
    phases = [];
    for (const [hook] of part.matchAll(NEST_HOOK)) hooks.add(`${name}: ${hook}`);
  }
  return { steps, hooks: [...hooks] };
}

async function sources(): Promise<string[]> {
  const files = (await readdir('src', { recursive: true })).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  return Promise.all(files.map((file) => readFile(join('src', file), 'utf8')));
}

/** `phase step` of each row of the page. */
async function documentedRows(): Promise<string[]> {
  const page = await readFile('docs/shutdown.md', 'utf8');
  return [...page.matchAll(/^\| `(\w+)` +\| `(\w+)` +\|/gm)].map(([, phase, name]) => `${phase} ${name}`);
}

/** The steps of src/start-outcome.ts, which belong to no provider. */
const OF_THE_START = /\{ name: '(\w+)', phase: '(\w+)'/g;

test('the page lists what stops, in the order of the code', async () => {
  const rows = await documentedRows();
  const texts = await sources();
  const ofTheStart = texts
    .flatMap((text) => [...text.matchAll(OF_THE_START)])
    .map(([, name, phase]) => `${phase} ${name}`);
  expect(ofTheStart).toHaveLength(2);
  const steps = texts.flatMap((text) => readSource(text).steps);
  expect([...rows].sort()).toEqual([...steps, ...ofTheStart].sort());
  const phases = rows.map((row) => PHASES.findIndex((phase) => row.startsWith(`${phase} `)));
  expect(phases).toEqual([...phases].sort());
});

test('nothing stops by a hook of NestJS, whose order is undefined', async () => {
  expect((await sources()).flatMap((text) => readSource(text).hooks)).toEqual([]);
  await expect(readFile('src/start-outcome.ts', 'utf8')).resolves.not.toMatch(NEST_HOOK);
});

test.each([
  '@Injectable()\nexport class Planted implements OnModuleInit {\n  async onModuleDestroy() {}\n}',
  'class Planted {\n  readonly onModuleDestroy = () => this.stop();\n}',
  '@Injectable()\n@StopsIn("work")\nabstract class Planted {\n  protected onModuleDestroy(): void {}\n}',
])('the check finds a class with a hook by its name', (text) => {
  expect(readSource(`${text}\nclass Other {}\n`).hooks).toEqual(['Planted: onModuleDestroy']);
});

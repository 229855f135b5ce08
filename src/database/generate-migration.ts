import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate } from './migrate.js';

// npm run migration:generate -- AddSomething: migrates a database of its own, then TypeORM's CLI writes the changes
// that the entities still need.
const [name] = process.argv.slice(2);
if (!name || !/^[A-Z]\w+$/.test(name)) {
  console.error('Give the migration a name such as AddRefunds: npm run migration:generate -- AddRefunds');
  process.exit(1);
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

const env: NodeJS.ProcessEnv = { ...process.env };

const FOLDER = 'src/database/migrations';
const LIST = `${FOLDER}/migrations.ts`;

async function run(...command: string[]): Promise<number> {
  const child = spawn(process.execPath, command, { stdio: 'inherit', env, signal: interrupted.signal });
  return once(child, 'exit').then(
    ([code]) => (code as number | null) ?? 1,
    (error: unknown) => {
      if (interrupted.signal.aborted) return 130;
      throw error;
    },
  );
}

/** Names in the list what TypeORM's CLI has written, and formats both. */
async function enlist(file: string): Promise<number> {
  const path = `${FOLDER}/${file}`;
  const [time = ''] = file.split('-');
  const migration = `${name}${time}`;
  const list = await readFile(LIST, 'utf8');
  const imported = list.replace('\n\n', `\nimport { ${migration} } from './${file.replace(/ts$/, 'js')}';\n\n`);
  await writeFile(LIST, imported.replace(/\];\n$/, `${migration},];\n`));
  await writeFile(path, (await readFile(path, 'utf8')).replace('import {', 'import type {'));
  return run('node_modules/prettier/bin/prettier.cjs', '--write', path, LIST);
}

const dataDir = await mkdtemp(join(tmpdir(), 'outcome-migration-'));
// If root runs this, PostgreSQL runs under another account, which must be able to enter.
await chmod(dataDir, 0o711);
const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
try {
  await migrate(postgres.url, []);
  env.DATABASE_URL = postgres.url;
  const before = new Set(await readdir(FOLDER));
  const options = ['-d', 'dist/ormconfig.js', '--pretty'];
  process.exitCode = await run('node_modules/typeorm/cli.js', 'migration:generate', ...options, `${FOLDER}/${name}`);
  const written = (await readdir(FOLDER)).find((file) => !before.has(file));
  if (written) process.exitCode = await enlist(written);
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate } from './migrate.js';

// npm run migration:generate -- AddSomething: migrates a temporary database, then TypeORM's CLI writes the changes that
// the entities still need.
const [name] = process.argv.slice(2);
if (!name || !/^[A-Z]\w+$/.test(name)) {
  console.error('Give the migration a name such as AddRefunds: npm run migration:generate -- AddRefunds');
  process.exit(1);
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

const dataDir = await mkdtemp(join(tmpdir(), 'outcome-migration-'));
// If root runs this, PostgreSQL runs under another account, which must be able to enter.
await chmod(dataDir, 0o711);
const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
try {
  await migrate(postgres.url);
  const cli = [
    'node_modules/typeorm/cli.js',
    'migration:generate',
    '-d',
    'dist/ormconfig.js',
    '--pretty',
    `src/database/migrations/${name}`,
  ];
  const env = { ...process.env, DATABASE_URL: postgres.url };
  const generated = spawn(process.execPath, cli, { stdio: 'inherit', env, signal: interrupted.signal });
  process.exitCode = await once(generated, 'exit').then(
    ([code]) => (code as number | null) ?? 1,
    (error: unknown) => {
      if (interrupted.signal.aborted) return 130;
      throw error;
    },
  );
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}

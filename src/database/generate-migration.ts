import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate } from './migrate.js';

// npm run migration:generate -- AddSomething: brings a database of its own up to date, and has TypeORM's CLI write what the entities want besides.
const [name] = process.argv.slice(2);
if (!name || !/^[A-Z]\w+$/.test(name)) {
  console.error('Give the migration a name such as AddRefunds: npm run migration:generate -- AddRefunds');
  process.exit(1);
}

const dataDir = await mkdtemp(join(tmpdir(), 'outcome-migration-'));
// Run by root, PostgreSQL is another user, who must be able to enter.
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
  process.exitCode =
    spawnSync(process.execPath, cli, { stdio: 'inherit', env: { ...process.env, DATABASE_URL: postgres.url } }).status ?? 1;
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}

// The PostgreSQL of a test run, and the folder of all its files. A process of its own, which cleans up when the run has
// ended, for whatever reason.
import 'reflect-metadata';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
// Runs without a build, and uses the one of `npm test`.
import { startEmbeddedPostgres } from '../../dist/src/database/embedded/embedded-postgres.js';
import { findPostmaster } from '../../dist/src/database/embedded/postmaster.js';
import { migrate } from '../../dist/src/database/migrate.js';
import { STATEMENTS } from '../../dist/src/statements.js';

const TEMPLATE = 'outcome_template';
/** Services without their run stop, and their servers with them. */
const SERVICES_STOP_WITHIN_MS = 20_000;
const SERVERS_STOP_WITHIN_MS = 10_000;

const runIsGone = new Promise((resolve) => process.once('disconnect', resolve));
const folder = await mkdtemp(join(tmpdir(), 'outcome-test-'));
try {
  // As root, PostgreSQL runs under another account, which must be able to enter.
  await chmod(folder, 0o711);
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'of-the-run'),
    settings: { fsync: 'off', max_connections: '300' },
  });
  try {
    const version = await makeTemplate(postgres.url);
    process.send?.({ url: postgres.url, version, folder }, () => undefined);
    await runIsGone;
  } finally {
    await postgres.stop();
    await endServers();
  }
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** A migrated database for each test file to copy. @param {string} url @returns the server's version */
async function makeTemplate(url) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  const { rows } = await client.query('SHOW server_version');
  await client.end();
  await migrate(Object.assign(new URL(url), { pathname: `/${TEMPLATE}` }).toString(), STATEMENTS);
  return rows[0].server_version;
}

async function endServers() {
  const began = performance.now();
  for (let left = await servers(); left.length > 0; left = await servers()) {
    const waited = performance.now() - began;
    if (waited > SERVICES_STOP_WITHIN_MS + SERVERS_STOP_WITHIN_MS)
      throw new Error(`PostgreSQL ${left.join(', ')} does not stop.`);
    if (waited > SERVICES_STOP_WITHIN_MS) left.forEach(quit);
    await pause(200);
  }
}

/** The process ids of PostgreSQL servers that tests left behind. */
async function servers() {
  // A file that vanishes during the read belonged to a stopping server: the folder is read again.
  const files = await readdir(folder, { recursive: true }).catch(() => ['postmaster.pid']);
  const found = files
    .filter((file) => basename(file) === 'postmaster.pid')
    .map((file) => serverOf(join(folder, dirname(file))));
  return (await Promise.all(found)).flatMap((server) => server?.pid ?? []);
}

/** @param {string} pgdata */
async function serverOf(pgdata) {
  const password = await readFile(join(pgdata, 'outcome-password'), 'utf8').catch(() => '');
  return findPostmaster({ directory: dirname(pgdata), pgdata, password: password.trim() });
}

/** @param {number} pid */
function quit(pid) {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It has ended meanwhile.
  }
}

import { chmod, chown, open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { DiskFull, EmbeddedPostgresError } from './embedded-postgres-error.js';
import { markOf } from './postmaster.js';
import { reasonIn } from './failure-reason.js';
import { type Account, run } from './run-program.js';

const SETTINGS_FILE = 'server.conf';
const LOG_FILE = 'server.log';
const LOG_LIMIT = 1024 * 1024;
// Recovery after a crash of the machine replays up to max_wal_size, one gigabyte.
const START_SECONDS = 120;
// PostgreSQL needs room for one more at each start.
const WAL_SEGMENT = 16 * 1024 * 1024;
const FAST_STOP_SECONDS = 20;
const IMMEDIATE_STOP_SECONDS = 10;

// The client that sent a bad statement gets the error. The log leaves those out, and so stays small without rotation.
const defaults = {
  max_connections: '100',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

export interface ServerSetup {
  dataDir: string;
  cluster: Cluster;
  binaries: Binaries;
  account?: Account;
  settings?: Record<string, string>;
  /** The port of a server that has died, so that its clients reconnect. Omitted: any free port. */
  port?: number;
}

// Another program took the port; another process started the same server; or the postmaster was killed and its last
// processes are still ending.
const comesRightByItself =
  /could not (bind|create any TCP\/IP sockets)|lock file ".*" already exists|pre-existing shared memory block/;

/** False if the server could not start for now: try again. */
export async function startServer({
  dataDir,
  cluster,
  binaries,
  account,
  settings,
  port,
}: ServerSetup): Promise<boolean> {
  const log = await prepareLog(cluster.directory, account);
  const alreadyLogged = (await stat(log)).size;
  await writeSettings(cluster.directory, dataDir, {
    ...defaults,
    ...settings,
    listen_addresses: '127.0.0.1',
    // The path of a socket is limited to about a hundred characters.
    unix_socket_directories: '',
    port: String(port ?? (await freePort())),
  });
  // pg_ctl passes its options to a shell: each is a plain word, and paths are relative to the working folder.
  const options = `-c config_file=${SETTINGS_FILE} -c cluster_name=${markOf(cluster)}`;
  const args = ['start', '-w', '-t', String(START_SECONDS), '-D', 'pgdata', '-l', LOG_FILE, '-o', options];
  const { code, output } = await run(binaries.pgCtl, args, { as: account, cwd: cluster.directory, output: false });
  if (code === 0) return true;
  const said = (await readFile(log)).subarray(alreadyLogged).toString();
  if (comesRightByItself.test(said)) return false;
  if (await isFull(cluster.directory)) throw DiskFull.holding(dataDir);
  throw new EmbeddedPostgresError(
    `PostgreSQL did not start in ${cluster.directory}: ${reasonIn(said || output)}. Its log is ${log}.`,
  );
}

/**
 * Stops the server whatever it is doing: first gracefully; if that takes too long, it leaves the rest to recovery at
 * the next start.
 */
export async function stopServer({ cluster, binaries, account }: ServerSetup): Promise<boolean> {
  const stop = (mode: string, seconds: number): Promise<{ code: number | null }> =>
    run(binaries.pgCtl, ['stop', '-w', '-m', mode, '-t', String(seconds), '-D', 'pgdata'], {
      as: account,
      cwd: cluster.directory,
    });
  return (
    (await stop('fast', FAST_STOP_SECONDS)).code === 0 || (await stop('immediate', IMMEDIATE_STOP_SECONDS)).code === 0
  );
}

/** Tests the disk itself: on a full one, the server cannot log that it is full. */
async function isFull(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < WAL_SEGMENT;
}

async function prepareLog(directory: string, account?: Account): Promise<string> {
  const log = join(directory, LOG_FILE);
  const size = await stat(log)
    .then((found) => found.size)
    .catch(() => undefined);
  if (size !== undefined && size <= LOG_LIMIT) return log;
  await rm(log, { force: true });
  await (await open(log, 'wx', 0o600)).close();
  if (account) await chown(log, account.uid, account.gid);
  return log;
}

async function writeSettings(directory: string, dataDir: string, settings: Record<string, string>): Promise<void> {
  const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}`);
  const file = join(directory, SETTINGS_FILE);
  const draft = `${file}.new-${process.pid}-${randomUUID()}`;
  const text = [
    `# Written at each start of Outcome with DATA_DIR ${JSON.stringify(dataDir)}; what is to last goes into ` +
      'pgdata/postgresql.conf.',
    "include 'pgdata/postgresql.conf'",
    ...lines,
    '',
  ].join('\n');
  await writeFile(draft, text, { flag: 'wx' });
  await chmod(draft, 0o644);
  await rename(draft, file);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port on 127.0.0.1')),
      );
    });
  });
}

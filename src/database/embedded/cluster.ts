import { randomBytes, randomUUID } from 'node:crypto';
import { chown, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isAlive } from './postmaster.js';
import { reasonIn } from './failure-reason.js';
import { type Account, run } from './run-program.js';

/** The superuser that initdb creates; its password is stored in the cluster. */
export const SUPERUSER = 'outcome';

const PGDATA = 'pgdata';
const PASSWORD = 'outcome-password';

/** A complete cluster: `directory` holds it, its log and the settings of this start. */
export interface Cluster {
  directory: string;
  pgdata: string;
  password: string;
}

export async function hasCluster(directory: string): Promise<boolean> {
  return (await lstat(join(directory, PGDATA)).catch(() => undefined)) !== undefined;
}

export const pgdataOf = (directory: string): string => join(directory, PGDATA);

export async function openCluster(directory: string, { major }: Binaries): Promise<Cluster> {
  const pgdata = pgdataOf(directory);
  const found = await read(pgdata, 'PG_VERSION');
  if (found !== major) {
    throw new EmbeddedPostgresError(
      `The database in ${pgdata} was made by PostgreSQL ${found}, and this Outcome comes with PostgreSQL ` +
        `${major}. Carry it over with pg_dump of version ${found}, set DATABASE_URL to a server of that ` +
        'version, or choose another DATA_DIR.',
    );
  }
  return { directory, pgdata, password: await read(pgdata, PASSWORD) };
}

async function read(pgdata: string, name: string): Promise<string> {
  try {
    return (await readFile(join(pgdata, name), 'utf8')).trim();
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The database in ${pgdata} is incomplete or closed: its file ${name} cannot be read ` +
        `(${(error as Error).message}). Restore the folder from a backup, or choose another DATA_DIR.`,
    );
  }
}

/**
 * Makes the cluster in a temporary folder and renames it when it is complete, so that a kill leaves either all of it or
 * nothing. If two processes do so at once, the first rename wins.
 */
export async function createCluster(
  directory: string,
  { initdb }: Binaries,
  durable: boolean,
  account?: Account,
): Promise<void> {
  const unfinished = `${PGDATA}.new-${process.pid}-${randomUUID()}`;
  const folder = join(directory, unfinished);
  const secret = `${folder}.secret`;
  try {
    await mkdir(folder, { mode: 0o700 });
    await writeFile(secret, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flush: true });
    if (account) await Promise.all([folder, secret].map((path) => chown(path, account.uid, account.gid)));
    const { code, output } = await run(
      initdb,
      [
        `--pgdata=${unfinished}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${unfinished}.secret`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
        ...(durable ? [] : ['--no-sync']),
      ],
      { as: account, cwd: directory },
    );
    if (code !== 0) {
      throw new EmbeddedPostgresError(
        `PostgreSQL could not create its database in ${directory}: ${reasonIn(output)}. Mend that, or set ` +
          'DATA_DIR to another folder.',
      );
    }
    await rename(secret, join(folder, PASSWORD));
    if (durable) await syncFolder(folder);
    await rename(folder, pgdataOf(directory));
    if (durable) await Promise.all([directory, join(directory, '..')].map(syncFolder));
  } catch (error) {
    await Promise.all([folder, secret].map((path) => rm(path, { recursive: true, force: true })));
    if (!(await hasCluster(directory))) throw error;
  }
}

/** Removes the unfinished folders of killed processes. */
export async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /\.new-(\d+)-/.exec(name)?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    // An initdb may still be writing for a moment; the next start removes what cannot be removed now.
    await rm(join(directory, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

// A rename survives a power failure only after its parent folder is synced. Windows cannot open a folder.
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

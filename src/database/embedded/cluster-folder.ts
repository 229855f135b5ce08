import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, readlink, rmdir, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { Account } from './run-program.js';
import { canEnter } from './server-account.js';
import { makeFolder, SYSTEM_FOLDER } from './system-folders.js';

/**
 * The cluster's folder for DATA_DIR, made if missing: `DATA_DIR/postgres`. If the server's account cannot enter that,
 * it is a symbolic link to a folder that the account can reach. Only the link counts: a DATA_DIR that was moved keeps
 * its database, and one that was deleted has none.
 */
export async function clusterFolder(dataDir: string, account?: Account, systemFolder = SYSTEM_FOLDER): Promise<string> {
  await makeFolder(dataDir);
  const here = join(dataDir, 'postgres');
  const found = await lstat(here).catch(() => undefined);
  if (found?.isSymbolicLink()) return linkedFolder(here);
  if (!found && account && !(await canEnter(account, dataDir))) return linkToSystemFolder(here, dataDir, systemFolder);
  return ownFolder(here, account);
}

async function ownFolder(folder: string, account?: Account): Promise<string> {
  await makeFolder(folder, 0o700);
  // Root owns the folder and lets the server's account pass through; nothing that root writes is writable by others.
  if (account && (await stat(folder)).uid === 0) await chmod(folder, 0o755);
  return folder;
}

async function linkedFolder(link: string): Promise<string> {
  const target = resolve(link, '..', await readlink(link));
  if (await stat(target).catch(() => undefined)) return target;
  throw new EmbeddedPostgresError(
    `The database of this data folder was kept in ${target}, where ${link} points, and is no longer there. ` +
      'Restore that folder, or delete the link to begin with an empty database.',
  );
}

// The folder is made before the link, so that a link without its folder always means missing data.
async function linkToSystemFolder(link: string, dataDir: string, systemFolder: string): Promise<string> {
  const name = `${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-${randomBytes(3).toString('hex')}`;
  const target = join(systemFolder, 'clusters', name);
  await makeFolder(target, 0o755);
  try {
    await symlink(target, link);
    return target;
  } catch (error) {
    await rmdir(target);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return linkedFolder(link);
    throw error;
  }
}

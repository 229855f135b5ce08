import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where root keeps what PostgreSQL's account must reach, if only root can enter the checkout or DATA_DIR. */
export const SYSTEM_FOLDER = '/var/lib/outcome';

/**
 * Makes a folder and its parents; new ones get `mode`, whatever the umask. Node's own recursive mkdir never returns on
 * a file system that answers ENOENT to everything, such as /proc.
 */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  if (await isFolder(folder)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder), mode);
  try {
    await mkdir(folder);
  } catch (error) {
    if (await isFolder(folder)) return;
    throw error;
  }
  if (mode !== undefined) await chmod(folder, mode);
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

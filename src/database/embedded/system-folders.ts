import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Where root keeps what PostgreSQL's account must reach, when the checkout or DATA_DIR lies in a folder that only root
 * can enter.
 */
export const SYSTEM_FOLDER = '/var/lib/outcome';

/**
 * Makes a folder and those above it; what it makes has `mode`, whatever the umask. Node's own recursive mkdir never
 * returns where a file system answers ENOENT to everything, as /proc does.
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

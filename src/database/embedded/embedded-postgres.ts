import { resolve } from 'node:path';
import { binariesFor } from './binaries.js';
import { createCluster, hasCluster, openCluster, pgdataOf, removeUnfinished } from './cluster.js';
import { clusterFolder } from './cluster-folder.js';
import { asSentence, EmbeddedPostgresError } from './embedded-postgres-error.js';
import { own, release } from './owned-server.js';
import { urlOf } from './ownership.js';
import { findPostmaster } from './postmaster.js';
import type { ServerSetup } from './server.js';
import { accountForNewCluster, accountOf, canEnter } from './server-account.js';
import { Supervisor, type Warn } from './supervisor.js';

export interface EmbeddedPostgres {
  readonly url: string;
  /** The real folder of the cluster's files. */
  readonly directory: string;
  /** Resolves with the reason if the server has died and cannot be started again. */
  readonly failed: Promise<EmbeddedPostgresError>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Absolute, or relative to the working directory. */
  dataDir: string;
  /** Server settings over the shipped ones, e.g. `{ fsync: 'off' }` for tests. */
  settings?: Record<string, string>;
  /** Called with what happens to the server while it runs. */
  warn?: Warn;
}

const DATABASE = 'outcome';

/**
 * Runs PostgreSQL 18 on one data folder: makes the cluster at the first start, starts the server if it is down, takes
 * it over from a killed process, and restarts it if it dies. The server outlives this process unless `stop()` is
 * called.
 */
export async function startEmbeddedPostgres({
  dataDir,
  settings,
  warn: warn = () => undefined,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir);
  try {
    return await start(folder, warn, settings);
  } catch (error) {
    throw asSentence(error, folder);
  }
}

/** The server of a data folder, of whichever process it is; if none runs, it runs until `stop()`. */
export async function useEmbeddedPostgres(
  dataDir: string,
): Promise<Pick<EmbeddedPostgres, 'url' | 'directory' | 'stop'>> {
  const folder = resolve(dataDir);
  try {
    const { cluster } = await prepare(folder);
    const server = await findPostmaster(cluster);
    if (!server?.port) return await start(folder, () => undefined);
    const { directory } = cluster;
    return { url: urlOf(server.port, cluster, DATABASE), directory, stop: () => Promise.resolve() };
  } catch (error) {
    throw asSentence(error, folder);
  }
}

async function start(dataDir: string, warn: Warn, settings?: Record<string, string>): Promise<EmbeddedPostgres> {
  const setup = await prepare(dataDir, settings);
  const owned = await own(setup);
  try {
    await owned.ownership.createDatabase(DATABASE);
  } catch (error) {
    await release(setup, owned);
    throw error;
  }
  const supervisor = new Supervisor({ ...setup, port: owned.port }, owned, warn);
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(owned.port, setup.cluster, DATABASE),
    directory: setup.cluster.directory,
    failed: supervisor.failed,
    stop: () => (stopped ??= supervisor.stop()),
  };
}

async function prepare(dataDir: string, settings?: Record<string, string>): Promise<ServerSetup> {
  let account = await accountForNewCluster();
  const directory = await clusterFolder(dataDir, account);
  const exists = await hasCluster(directory);
  if (exists) account = await accountOf(pgdataOf(directory));
  if (account && !(await canEnter(account, directory))) {
    throw new EmbeddedPostgresError(
      `PostgreSQL runs as ${account.name} here, who cannot enter ${directory}. Open the folders on the way ` +
        '(chmod o+x), or move the data folder and set DATA_DIR.',
    );
  }
  const binaries = await binariesFor(account);
  if (!exists) await createCluster(directory, binaries, settings?.['fsync'] !== 'off', account);
  await removeUnfinished(directory);
  return { dataDir, cluster: await openCluster(directory, binaries), binaries, account, settings };
}

import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { binariesFor } from './binaries.js';
import { type Cluster, createCluster, hasCluster, openCluster, pgdataOf, removeUnfinished } from './cluster.js';
import { clusterFolder } from './cluster-folder.js';
import { asSentence, EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isPassing, Ownership, urlOf } from './ownership.js';
import { findPostmaster } from './postmaster.js';
import { type ServerSetup, startServer, stopServer } from './server.js';
import { accountForNewCluster, accountOf, canEnter } from './server-account.js';

export { EmbeddedPostgresError };

export interface EmbeddedPostgres {
  readonly url: string;
  /** Where the cluster's files really are. */
  readonly directory: string;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Absolute, or relative to the working directory. */
  dataDir: string;
  /** Server settings over the shipped ones, e.g. `{ fsync: 'off' }` for tests. */
  settings?: Record<string, string>;
}

const DATABASE = 'outcome';
const ANSWER_WITHIN_SECONDS = 120;
const LOOK_AGAIN_AFTER_MS = 50;

/**
 * PostgreSQL 18 for one data folder: made at the first start, started when it is down, taken over when an earlier process
 * was killed and left it running. The server outlives this process unless `stop()` is called.
 */
export async function startEmbeddedPostgres({ dataDir, settings }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir);
  try {
    return await start(folder, settings);
  } catch (error) {
    throw asSentence(error, folder);
  }
}

async function start(dataDir: string, settings?: Record<string, string>): Promise<EmbeddedPostgres> {
  const setup = await prepare(dataDir, settings);
  const { pid, port, ownership } = await own(setup);
  try {
    await ownership.createDatabase(DATABASE);
  } catch (error) {
    await stop(setup, pid, ownership);
    throw error;
  }
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(port, setup.cluster, DATABASE),
    directory: setup.cluster.directory,
    stop: () => (stopped ??= stop(setup, pid, ownership)),
  };
}

async function prepare(dataDir: string, settings?: Record<string, string>): Promise<ServerSetup> {
  let account = await accountForNewCluster();
  const directory = await clusterFolder(dataDir, account);
  const exists = await hasCluster(directory);
  if (exists) account = await accountOf(pgdataOf(directory));
  if (account && !(await canEnter(account, directory))) {
    throw new EmbeddedPostgresError(
      `PostgreSQL runs as ${account.name} here, who cannot enter ${directory}. Open the folders on the way (chmod o+x), or move the data folder and set DATA_DIR.`,
    );
  }
  const binaries = await binariesFor(account);
  if (!exists) await createCluster(directory, binaries, settings?.['fsync'] !== 'off', account);
  await removeUnfinished(directory);
  return { dataDir, cluster: await openCluster(directory, binaries), binaries, account, settings };
}

interface Owned {
  pid: number;
  port: number;
  ownership: Ownership;
}

// One turn is enough as a rule; more are needed when a server is coming up or going down, or lost the race for its port.
async function own(setup: ServerSetup): Promise<Owned> {
  const { cluster, dataDir } = setup;
  for (const deadline = Date.now() + ANSWER_WITHIN_SECONDS * 1000; Date.now() < deadline; await pause(LOOK_AGAIN_AFTER_MS)) {
    let server = await findPostmaster(cluster);
    if (!server && (await startServer(setup))) server = await findPostmaster(cluster);
    if (!server?.port) continue;
    try {
      return { pid: server.pid, port: server.port, ownership: await Ownership.take(server.port, cluster, dataDir) };
    } catch (error) {
      if (error instanceof EmbeddedPostgresError) throw error;
      if (!isPassing(error)) throw unusable(cluster, (error as Error).message);
    }
  }
  throw unusable(cluster, `it did not answer within ${ANSWER_WITHIN_SECONDS} s`);
}

async function stop(setup: ServerSetup, pid: number, ownership: Ownership): Promise<void> {
  const { cluster } = setup;
  // Should our server have died and another process have started its own, that one is not ours to stop.
  const ours = (await findPostmaster(cluster))?.pid === pid;
  const stopped = !ours || (await stopServer(setup));
  await ownership.release();
  if (!stopped && (await findPostmaster(cluster))) throw unusable(cluster, `process ${pid} does not stop`);
}

function unusable({ directory }: Cluster, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(`The PostgreSQL server in ${directory} cannot be used: ${reason}. Its log is ${directory}/server.log.`);
}

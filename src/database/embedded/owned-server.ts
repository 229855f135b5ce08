import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isPassing, Ownership } from './ownership.js';
import { findPostmaster } from './postmaster.js';
import { type ServerSetup, startServer, stopServer } from './server.js';

const ANSWER_WITHIN_SECONDS = 120;
const LOOK_AGAIN_AFTER_MS = 50;

/** A running server and the right to use its data folder. */
export interface OwnedServer {
  pid: number;
  port: number;
  ownership: Ownership;
}

/** Usually takes one turn; more while a server starts or stops, or if another program takes its port. */
export async function own(setup: ServerSetup): Promise<OwnedServer> {
  const { cluster, dataDir } = setup;
  for (
    const deadline = performance.now() + ANSWER_WITHIN_SECONDS * 1000;
    performance.now() < deadline;
    await pause(LOOK_AGAIN_AFTER_MS)
  ) {
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

export async function release(setup: ServerSetup, { pid, ownership }: OwnedServer): Promise<void> {
  const { cluster } = setup;
  // If our server has died and another process has started its own, that one is not ours to stop.
  const ours = (await findPostmaster(cluster))?.pid === pid;
  const stopped = !ours || (await stopServer(setup));
  await ownership.release();
  if (!stopped && (await findPostmaster(cluster))) throw unusable(cluster, `process ${pid} does not stop`);
}

export function unusable({ directory }: Cluster, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `The PostgreSQL server in ${directory} cannot be used: ${reason}. Its log is ${directory}/server.log.`,
  );
}

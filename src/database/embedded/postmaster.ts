import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.js';
import { run } from './run-program.js';

/** A server process, by its lock file; `port` is absent while it starts. */
export interface Postmaster {
  pid: number;
  port?: number;
}

/** In the server's command line: distinguishes its process from another one with the same process id. */
export const markOf = ({ password }: Cluster): string =>
  `outcome-${createHash('sha256').update(password).digest('hex').slice(0, 16)}`;

/** The live server of this cluster, whichever process started it; ignores a lock file that outlived its server. */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | undefined> {
  const file = join(cluster.pgdata, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!pid || !isAlive(pid)) return undefined;
  if (await isAnotherProcess(pid, markOf(cluster))) {
    // PostgreSQL itself would mistake the process for its server and refuse to start.
    await rm(file, { force: true });
    return undefined;
  }
  return { pid, port: Number(lines[3]) || undefined };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// After a crash of the machine, and always in containers, the process id in the lock file may belong to another
// program.
async function isAnotherProcess(pid: number, mark: string): Promise<boolean> {
  const command = await commandLine(pid);
  if (command === undefined) return false;
  const server = /(^|\/)postgres[\0 ]-D[\0 ]/.test(command);
  const owner = /cluster_name=(outcome-\w+)/.exec(command)?.[1];
  return !server || (owner !== undefined && owner !== mark);
}

async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (process.platform === 'win32') return undefined;
  const { code, output } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return code === 0 ? output : undefined;
}

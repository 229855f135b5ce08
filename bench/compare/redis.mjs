// The bench's own Redis server, on a socket in a temporary folder.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasRedis = () => spawnSync('redis-server', ['--version']).status === 0;

/** Without persistence: no Redis is faster. @param {import('../site.mjs').Site} site */
export async function startRedis(site) {
  const folder = await mkdtemp(join(tmpdir(), 'outcome-redis-'));
  site.undo.push(() => rm(folder, { recursive: true, force: true }));
  const socket = join(folder, 'redis');
  const settings = { port: '0', unixsocket: socket, save: '', appendonly: 'no', dir: folder };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn('redis-server', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  site.undo.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return { socket, pid: Number(child.pid) };
}

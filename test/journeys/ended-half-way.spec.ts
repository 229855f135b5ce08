import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { eventually } from '../support/service.js';
import { SECONDS } from '../../src/time/durations.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const;

/** A process that starts something, reports it and runs until it is ended. */
async function starting(program: string) {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${program}\nsetInterval(() => undefined, 1000);`],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const ended = once(child, 'exit');
  const [running] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`The starter ended with ${code}.`))),
  ])) as [{ pid: number; postgres: number; folder: string }];
  return { running, end: (signal: NodeJS.Signals) => (child.kill(signal), ended) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const isGone = (pids: number[], folder: string) =>
  eventually(async () => !pids.some(isAlive) && !existsSync(folder), 80 * SECONDS);

const RUN = `
import setUp from './test/support/global-setup.js';
import { readFile } from 'node:fs/promises';
await setUp();
const [pid] = (await readFile(process.env.TMPDIR + '/of-the-run/postgres/pgdata/postmaster.pid', 'utf8')).split('\\n');
process.send({ pid: Number(pid), folder: process.env.TMPDIR });`;

test.each(SIGNALS)('a run of tests that %s ends leaves no PostgreSQL and no folder', async (signal) => {
  const { running, end } = await starting(RUN);
  expect(isAlive(running.pid)).toBe(true);
  await end(signal);
  await isGone([running.pid], running.folder);
});

const SERVICE = `
import { dirname } from 'node:path';
import { startService } from './test/support/built-service.mjs';
const { pid, postgres } = await startService({ undo: [] });
process.send({ pid, postgres: postgres.pid, folder: dirname(dirname(dirname(postgres.directory))) });`;

test.each(SIGNALS)(
  'a script that has started the service, and that %s ends, leaves neither it, its PostgreSQL nor its folder',
  async (signal) => {
    const { running, end } = await starting(SERVICE);
    await end(signal);
    await isGone([running.pid, running.postgres], running.folder);
  },
);

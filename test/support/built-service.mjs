// The built service as `npm start` runs it, with an embedded PostgreSQL in a temporary folder that is removed at its
// stop.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { steadyPort } from './steady-port.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = 'dist/src/main.js';
/** For Node: what is started with it, and with a channel, does not outlive its starter. */
export const LIFELINE = pathToFileURL(join(import.meta.dirname, 'lifeline.mjs')).href;
const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 40_000;

/**
 * @typedef {{ pid: number, directory: string, urlOf: (database: string) => string }} Postgres
 * @typedef {{ url: string, pid: number, child: import('node:child_process').ChildProcess, ended: Promise<string |
 *   number>, postgres?: Postgres }} Service
 *   `postgres`: its embedded server, if the environment has no DATABASE_URL.
 */

/**
 * @param {{ undo: (() => unknown)[], nodeOptions?: string[], env?: Record<string, string> }} options `undo` is given at
 * once how to stop it.
 * @returns {Promise<Service>}
 */
export async function startService({ undo, nodeOptions = [], env = {} }) {
  const folder = await mkdtemp(join(tmpdir(), 'outcome-service-'));
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  // As root, PostgreSQL runs under another account, which must be able to enter.
  await chmod(folder, 0o755);
  const dataDir = join(folder, 'data');
  const port = await steadyPort();
  const child = spawn(process.execPath, [...(await optionsOfStart()), ...nodeOptions, '--import', LIFELINE, MAIN], {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: String(port),
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      LIFELINE_FOLDER: folder,
      DATABASE_URL: '',
      ROLES: '',
      PAYMENT_PROVIDER: 'sandbox',
      SANDBOX_LATENCY_MS: '0',
      LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // In a process group of its own, so that Ctrl-C does not interrupt its start; it is stopped here.
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4000)));
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const endedTooSoon = ended.then((how) => {
    throw new Error(`The service ended with ${how} before it was ready. It said: ${said || 'nothing'}`);
  });
  const url = `http://127.0.0.1:${port}`;
  const isReady = Promise.race([ready(url), endedTooSoon]);

  undo.push(async () => {
    await isReady.catch(() => undefined);
    child.kill('SIGTERM');
    const how = await Promise.race([ended, pause(STOP_WITHIN_MS, 'late', { ref: false })]);
    if (how === 'late') child.kill('SIGKILL');
    // Only a killed service leaves its server behind.
    const left = await postmasterOf(dataDir).catch(() => undefined);
    if (left) process.kill(left.pid, 'SIGQUIT');
    const cluster = await realpath(join(dataDir, 'postgres')).catch(() => dataDir);
    await rm(cluster, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    if (how !== 0)
      throw new Error(`The service was to stop with exit code 0, and ended with ${how}. It said: ${said || 'nothing'}`);
  });
  await isReady;
  const postgres = env.DATABASE_URL ? undefined : await postmasterOf(dataDir);
  return { url, pid: Number(child.pid), child, ended, postgres };
}

/**
 * What `npm start` gives to Node besides the program, which counts for memory and speed. @returns {Promise<string[]>}
 */
export async function optionsOfStart() {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const [, given] = /\bnode (.*)$/.exec(scripts.start) ?? [];
  const words = given?.split(' ') ?? [];
  if (words.at(-1) !== MAIN)
    throw new Error(`package.json: expected "start" to end in "node … ${MAIN}", found "${scripts.start}".`);
  return words.slice(0, -1);
}

/** @param {string} url */
async function ready(url) {
  for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline; await pause(100)) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    await answer?.text();
    if (answer?.ok) return;
  }
  throw new Error(`The service was not ready within ${READY_WITHIN_MS / 1000} s.`);
}

/**
 * The PostgreSQL server of a data folder, by its files. @param {string} dataDir @returns
 * {Promise<Postgres>}
 */
async function postmasterOf(dataDir) {
  const directory = await realpath(join(dataDir, 'postgres', 'pgdata'));
  const read = (/** @type {string} */ file) => readFile(join(directory, file), 'utf8');
  const [pid, , , port] = (await read('postmaster.pid')).split('\n');
  const password = (await read('outcome-password')).trim();
  return {
    pid: Number(pid),
    directory,
    urlOf: (database) => `postgres://outcome:${password}@127.0.0.1:${port}/${database}`,
  };
}

// Runs several nodes of the service, with roles apart, behind a load balancer: one machine that behaves as many.
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../dist/src/database/embedded/embedded-postgres.js';
import { steadyPort } from '../test/support/steady-port.mjs';
import { Balancer, isReady } from './balancer.mjs';
import { Node } from './node.mjs';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 120_000;

/** What stops what was started; the last entry first. @type {(() => unknown)[]} */
const undo = [];
const asked = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
});

const { values } = parseArgs({
  options: { api: { type: 'string', default: '2' }, worker: { type: 'string', default: '2' } },
});

/** @param {'api' | 'worker'} role */
function howMany(role) {
  const count = Number(values[role]);
  if (Number.isInteger(count) && count >= 1 && count <= 16) return count;
  throw new Error(`--${role}: expected how many, from 1 to 16, found "${values[role]}".`);
}

/** The database that all nodes share: DATABASE_URL, or the embedded server on the folder of `npm start`. */
async function database() {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const postgres = await startEmbeddedPostgres({
    dataDir: process.env.DATA_DIR || './data',
    settings: { max_connections: '300' },
    warn: (warning) => console.log(JSON.stringify(warning)),
  });
  undo.push(() => postgres.stop());
  return postgres.url;
}

async function start() {
  const counts = { api: howMany('api'), worker: howMany('worker') };
  const balancer = new Balancer();
  const port = await balancer.listen(Number(process.env.PORT || 3000), HOST);
  undo.push(() => balancer.close());
  const url = `http://${HOST}:${port}`;
  const shared = {
    HOST,
    LOG_LEVEL: process.env.LOG_LEVEL || 'error',
    PUBLIC_URL: process.env.PUBLIC_URL || url,
    DATABASE_URL: await database(),
  };
  /** @type {Node[]} */
  const nodes = [];
  undo.push(() => Promise.all(nodes.map((node) => node.stop())));
  for (const role of /** @type {const} */ (['api', 'worker']))
    for (let number = 1; number <= counts[role]; number += 1) {
      const node = new Node(`${role} ${number}`, `http://${HOST}:${await steadyPort()}`, { ...shared, ROLES: role });
      nodes.push(node);
      if (role === 'api') balancer.add(node.url);
    }
  await allReady(nodes);
  await balancer.check();
  console.log(`
Outcome is ready, as ${counts.api} nodes with the role api and ${counts.worker} with the role worker.

  Page  ${url}/
  Docs  ${url}/docs
  Demo  npm run demo -- --url ${url}

  Kill any of the processes named above: what it did goes on elsewhere, and it starts again.
`);
}

/** @param {Node[]} nodes */
async function allReady(nodes) {
  for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline; await pause(200))
    if ((await Promise.all(nodes.map(({ url }) => isReady(url)))).every(Boolean)) return;
  throw new Error(`Not all nodes were ready within ${READY_WITHIN_MS / 1000} s.`);
}

/** @returns {Promise<unknown[]>} what went wrong */
async function stop() {
  const failures = [];
  for (const step of undo.reverse())
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  return failures;
}

let code = 0;
try {
  await Promise.race([start(), asked]);
  await asked;
} catch (error) {
  console.error(`The cluster cannot start. ${error instanceof Error ? error.message : error}`);
  code = 1;
}
for (const failure of await stop()) {
  console.error(failure);
  code = 1;
}
process.exit(code);

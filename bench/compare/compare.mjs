// Compares the service with common alternatives, with the same clients in the same run: ../README.md.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../check.mjs';
import { runToTheEnd } from '../ending.mjs';
import { introduce } from '../introduction.mjs';
import { optionsOf } from '../options.mjs';
import { latency, measure, rateRatio } from '../parts/speed.mjs';
import { Site } from '../site.mjs';
import { printVerdict } from '../verdict.mjs';
import { hasRedis, startRedis } from './redis.mjs';

const site = new Site();

const isInstalled = (/** @type {string} */ name) => existsSync(join(import.meta.dirname, 'node_modules', name));

/** @param {string} name @param {string} reason */
const leaveOut = (name, reason) => console.log(`  ${name} is left out: ${reason}`);

const INSTALL = 'npm install --prefix bench/compare --no-workspaces';

async function startPeers() {
  const peers = [];
  if (!isInstalled('bullmq')) leaveOut('BullMQ on Redis', `first run ${INSTALL}`);
  else if (!hasRedis()) leaveOut('BullMQ on Redis', 'there is no redis-server in PATH');
  else {
    const { socket, pid } = await startRedis(site);
    const peer = await site.other('BullMQ on Redis', 'compare/peers/bullmq.mjs', { REDIS_SOCKET: socket });
    peers.push({ ...peer, stores: [...peer.stores, pid] });
  }
  if (!isInstalled('graphile-worker')) leaveOut('graphile-worker', `first run ${INSTALL}`);
  else peers.push(await site.other('graphile-worker', 'compare/peers/graphile-worker.mjs'));
  return peers;
}

async function main() {
  const options = optionsOf(process.argv.slice(2));
  const service = await site.open([]);
  await introduce(site);
  const peers = await startPeers();
  console.log('\nBy push (Socket.IO)');
  const { busy, calm, witnesses } = await measure([service, ...peers], options.times, site);
  const aims = peers.flatMap(({ name }, at) => [
    { what: `times the rate of ${name}`, found: rateRatio(busy[0], busy[at + 1]), atLeast: 1 },
    { what: `p50 at 50 a second, times ${name}`, found: latency(calm[0], 50) / latency(calm[at + 1], 50) },
  ]);
  printVerdict([{ aims, witnesses }], options);
  await check(service);
}

await runToTheEnd(site, main);

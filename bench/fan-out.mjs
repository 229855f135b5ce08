// Tells one event to thousands of Socket.IO clients, from the process that stores it and from another one, beside a
// Socket.IO server that does nothing else: README.md.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runToTheEnd } from './ending.mjs';
import { introduce } from './introduction.mjs';
import { fixed, median } from './numbers.mjs';
import { cpuSecondsOf } from './processes.mjs';
import { memoryOf } from './parts/memory.mjs';
import { Site } from './site.mjs';
import { columns } from './table.mjs';

const ROUNDS = 5;
const SETTLE_MS = 3000;
const NEVER_STORED = '00000000-0000-7000-8000-000000000000';

/**
 * @typedef {import('node:child_process').ChildProcess} ChildProcess
 * @typedef {{ name: string, url: string, child: ChildProcess, begin: () => Promise<string>, tell: (operationId: string)
 *   => Promise<unknown> }} Teller `begin`: an operation to follow; `tell`: causes its one event
 * @typedef {{ connectsPerSecond: number, heap: number, resident: number, toTheLastMs: number[], cpuMs: number }} Found
 *   `heap`, `resident`: in kilobytes a socket after a garbage collection: what is in use, and what V8 has taken,
 *   of which it keeps much that the events took; `cpuMs`: of the server, an event to a socket
 */

const { values } = parseArgs({ options: { clients: { type: 'string', default: '5000' } } });
const clients = Number(values.clients);
const site = new Site();

/** @param {string} url @param {unknown} body */
const post = async (url, body) => {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${url}: expected a success, found ${answer.status}: ${await answer.text()}`);
  return answer.text();
};

/**
 * The service, where an operation that waits for its customer is canceled.
 * @param {string} name @param {string} url @param {ChildProcess} child
 * @param {string} [toldBy] another process of the service, which takes the cancel
 */
const service = (name, url, child, toldBy = url) => ({
  name,
  url,
  child,
  begin: async () => {
    const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_authenticationRequired' };
    const { id } = JSON.parse(await post(`${url}/api/operations`, { kind: 'payment.charge', input }));
    for (let status = ''; status !== 'requires_action'; await pause(50))
      ({ status } = await fetch(`${url}/api/operations/${id}`).then((answer) => answer.json()));
    return id;
  },
  tell: (/** @type {string} */ id) => post(`${toldBy}/api/operations/${id}/cancel`, {}),
});

/** @param {string} url @param {ChildProcess} child @param {unknown} event as the service tells it */
const bare = (url, child, event) => {
  let number = 0;
  return {
    name: 'bare Socket.IO',
    url,
    child,
    begin: async () => `${NEVER_STORED}-${(number += 1)}`,
    tell: (/** @type {string} */ operationId) => post(url, { .../** @type {object} */ (event), operationId }),
  };
};

/** @param {Teller} teller @param {ChildProcess} followers @returns {Promise<Found>} */
async function measure({ url, child, begin, tell }, followers) {
  const pid = Number(child.pid);
  const ask = async (/** @type {object} */ message) => {
    followers.send(message);
    const [answer] = await once(followers, 'message');
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
  const before = await memoryOf(child);
  const { ms } = await ask({ connect: url, clients });
  const toTheLastMs = [];
  let cpuMs = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const operationId = await begin();
    await ask({ join: operationId });
    await pause(SETTLE_MS);
    const [cpuBefore] = await cpuSecondsOf([pid]);
    const [{ ms: taken }] = await Promise.all([ask({ await: operationId }), tell(operationId)]);
    await pause(SETTLE_MS);
    const [cpuAfter] = await cpuSecondsOf([pid]);
    toTheLastMs.push(taken);
    cpuMs += ((Number(cpuAfter) - Number(cpuBefore)) * 1000) / clients / ROUNDS;
  }
  const after = await memoryOf(child);
  await ask({ disconnect: true });
  const [heap, resident] = /** @type {const} */ (['heapUsed', 'collected']).map(
    (what) => ((after[what] - before[what]) * 1000) / clients,
  );
  return {
    connectsPerSecond: (clients * 1000) / ms,
    heap: Number(heap),
    resident: Number(resident),
    toTheLastMs,
    cpuMs,
  };
}

async function main() {
  const { url } = await site.open([]);
  await introduce(site);
  const subject = service('service', url, /** @type {ChildProcess} */ (site.child));
  const { services } = await site.serviceOn('nodes', [{}, {}]);
  const [one, other] = services;
  const event = await exampleEvent(subject);
  const floor = site.helper('floors/bare-socket-io.mjs');
  const [started] = await once(floor, 'message');
  const acrossNodes = service('told by another node', one.url, one.child, other.url);
  const tellers = [subject, bare(started.url, floor, event), acrossNodes];
  console.log(`\nOne event of ${JSON.stringify(event).length} bytes to ${clients} Socket.IO clients, ${ROUNDS} times`);
  const found = [];
  for (const teller of tellers) found.push(await measure(teller, site.helper('fan-out-clients.mjs')));
  const rows = tellers.map(({ name }, at) => {
    const { connectsPerSecond, heap, resident, toTheLastMs, cpuMs } = /** @type {Found} */ (found[at]);
    const times = toTheLastMs.map((ms) => fixed(ms)).join(' ');
    const memory = [fixed(heap), fixed(resident)];
    return [name, fixed(connectsPerSecond), ...memory, fixed(cpuMs, 3), fixed(median(toTheLastMs)), times];
  });
  const head = [
    ['', 'connects', 'KB a socket', 'KB a socket', 'CPU ms', 'ms to the', ''],
    ['', 'a second', 'of heap', 'resident', 'a push', 'last, median', 'each'],
  ];
  for (const line of columns([...head, ...rows])) console.log(line);
  const [own, least] = /** @type {[Found, Found]} */ (found);
  const ratio = (/** @type {(of: Found) => number} */ of) => fixed(of(own) / of(least), 2);
  console.log(`\nTime to the last, times the bare server: ${ratio((of) => median(of.toTheLastMs))} (aim: at most 1.3)`);
  console.log(`Heap a socket, times the bare server: ${ratio((of) => of.heap)} (aim: at most 1.3)`);
  console.log(`Resident memory a socket, times the bare server: ${ratio((of) => of.resident)}`);
}

/** @param {Teller} teller an event as its clients receive it */
async function exampleEvent({ url, begin, tell }) {
  const id = await begin();
  await tell(id);
  const { items } = await fetch(`${url}/api/operations/${id}/events`).then((answer) => answer.json());
  return { ...items.at(-1), operationId: id };
}

await runToTheEnd(site, main);

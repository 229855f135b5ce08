// Measures the cost and the delay of each way to follow an operation: npm run bench:clients, half a minute. The delay
// uses the clocks of two processes on one machine: from `finishedAt`, which is read just before
// the commit, to the client's callback.
import { setTimeout as pause } from 'node:timers/promises';
import { createClient, openSocket } from '@outcome/client';
import { fixed, median } from './numbers.mjs';
import { startService } from '../test/support/built-service.mjs';

const SECOND = 1000;
const ARTICLE_MS = 5 * SECOND;
const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

const SITUATIONS = /** @type {const} */ ([
  { title: 'A payment that takes as long as the service takes', kind: 'payment.charge', input: CHARGE, times: 20 },
  {
    title: 'Three seconds of work, with progress each second',
    kind: 'demo.countdown',
    input: { seconds: 3 },
    times: 20,
  },
]);

/** @typedef {{ requests: number, messages: number, lateMs: number }} Cost */

/** By the client, over one transport. @param {'socket' | 'sse' | 'wait' | 'poll'} transport */
const byClient = (transport) => async (/** @type {string} */ url, /** @type {string} */ id) => {
  const cost = { requests: 0, messages: 0 };
  const client = createClient({
    url,
    transports: [transport],
    fetch: (...request) => {
      cost.requests += 1;
      return fetch(...request);
    },
    connect: async (...where) => {
      const socket = await openSocket(...where);
      socket.on('connect', () => (cost.requests += 1));
      socket.onAnyOutgoing(() => (cost.messages += 1));
      return socket;
    },
  });
  const { finishedAt } = await client.outcome(id);
  const lateMs = Date.now() - Date.parse(String(finishedAt));
  client.close();
  return { ...cost, lateMs };
};

/** As in the article: polls every five seconds. @returns {Promise<Cost>} */
async function byTheArticle(/** @type {string} */ url, /** @type {string} */ id) {
  for (let requests = 1; ; requests += 1) {
    const { status } = await (await fetch(`${url}/api/checkStatus?operationId=${id}`)).json();
    const now = Date.now();
    if (status !== 'pending') {
      const { finishedAt } = await (await fetch(`${url}/api/operations/${id}`)).json();
      return { requests, messages: 0, lateMs: now - Date.parse(finishedAt) };
    }
    await pause(ARTICLE_MS);
  }
}

const WAYS = [
  { name: 'push (Socket.IO)', follow: byClient('socket') },
  { name: 'server-sent events', follow: byClient('sse') },
  { name: 'long poll', follow: byClient('wait') },
  { name: 'poll by Retry-After', follow: byClient('poll') },
  { name: 'every 5 s, as the article', follow: byTheArticle },
];

/** @param {string} url @param {typeof SITUATIONS[number]} situation */
async function measure(url, { title, kind, input, times }) {
  console.log(`\n${title}; ${times} operations a way, all ways side by side`);
  console.log(`${'way'.padEnd(27)}requests  messages   late p50   late max`);
  /** @type {Map<string, Cost[]>} */
  const found = new Map(WAYS.map(({ name }) => [name, []]));
  const starter = createClient({ url });
  /** @type {Promise<unknown>[]} */
  const rounds = [];
  for (let time = 0; time < times; time += 1) {
    const round = Promise.all(
      WAYS.map(async ({ name, follow }) => {
        const { id } = await starter.start(/** @type {any} */ (kind), /** @type {any} */ (input), {
          intent: `${kind}-${name}-${time}`,
        });
        found.get(name)?.push(await follow(url, id));
      }),
    );
    rounds.push(round);
    await pause(300);
  }
  await Promise.all(rounds);
  starter.close();
  for (const [name, costs] of found) {
    const mean = (/** @type {(cost: Cost) => number} */ of) =>
      fixed(costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length, 1);
    const late = costs.map(({ lateMs }) => lateMs);
    const columns = [mean(({ requests }) => requests).padStart(8), mean(({ messages }) => messages).padStart(10)];
    const times = [`${fixed(median(late))} ms`.padStart(11), `${fixed(Math.max(...late))} ms`.padStart(11)];
    console.log(name.padEnd(27) + [...columns, ...times].join(''));
  }
}

/** @type {(() => unknown)[]} */
const undo = [];
try {
  const { url } = await startService({ undo });
  for (const situation of SITUATIONS) await measure(url, situation);
} finally {
  for (const step of undo.reverse()) await step();
}

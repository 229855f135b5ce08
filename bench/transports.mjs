// The ways in which a client starts a charge and receives its ending.
import { request } from 'node:http';
import { io } from 'socket.io-client';

/**
 * @typedef {'push' | 'long poll' | 'Prefer: wait' | 'answer'} Transport `answer`: the answer to the start has the
 *   ending, as of itself.
 * @typedef {{ id: string, status: string, done: boolean, watchToken?: string }} Operation
 * @typedef {{ run: (accepted: () => void) => Promise<void>, received: { acknowledgements: number, pushes: number },
 *   close: () => void }} Client
 * @typedef {{ url: string, transport: Transport, agent: import('node:http').Agent, body?: string, key?: string
 *   }} Choice
 *   With a `key`, a start carries it, and the operation is followed by the watch token of its answer.
 */

/** The body of a start. @param {string} paymentMethod one of the sandbox's */
export const chargeBy = (paymentMethod) =>
  JSON.stringify({ kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod } });
const CHARGE = chargeBy('pm_card_visa');
/** A client of a load starts more operations than the service lets one connection join: ten a second. */
const SOCKETS_A_CLIENT = 4;
const WAIT = { Prefer: 'wait=30' };
const WAIT_UNTIL_END = { Prefer: 'wait=30, until=end' };

/**
 * @param {Choice} choice @param {{ method: string, path: string, headers?: Record<string, string>, body?: string }}
 * sending @returns {Promise<Operation>}
 */
function send({ url, agent }, { method, path, headers = {}, body }) {
  const about = body ? { 'Content-Type': 'application/json', 'Content-Length': body.length } : {};
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { agent, method, headers: { ...headers, ...about } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200 || response.statusCode === 202) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${path}: expected 200 or 202, found ${response.statusCode} ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** @param {Choice} choice @param {Record<string, string>} [headers] */
const start = (choice, headers) =>
  send(choice, {
    method: 'POST',
    path: '/api/operations',
    headers: { ...headers, ...authorizedBy(choice.key) },
    body: choice.body ?? CHARGE,
  });

/** @param {string} [token] @returns {Record<string, string>} */
const authorizedBy = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

/** @param {Operation} operation */
function assertSuccess({ id, status }) {
  if (status !== 'success') throw new Error(`Operation ${id}: expected success, found ${status}`);
}

/**
 * @param {Choice} choice @param {(started: Operation) => Promise<Operation>} end @param {Record<string, string>}
 * [headers] @returns {Client}
 */
const overHttp = (choice, end, headers) => ({
  received: { acknowledgements: 0, pushes: 0 },
  run: async (/** @type {() => void} */ accepted) => {
    const started = await start(choice, headers);
    accepted();
    assertSuccess(await end(started));
  },
  close: () => undefined,
});

/** @param {Choice} choice @returns {Promise<Client>} */
async function byPush(choice) {
  const received = { acknowledgements: 0, pushes: 0 };
  const sockets = await Promise.all(Array.from({ length: SOCKETS_A_CLIENT }, () => follow(choice, received)));
  let turn = 0;
  return {
    received,
    run: async (accepted) => {
      const { ending } = sockets[turn++ % SOCKETS_A_CLIENT];
      const started = await start(choice);
      accepted();
      assertSuccess(await ending(started));
    },
    close: () => sockets.forEach(({ close }) => close()),
  };
}

/** @param {Choice} choice @param {Client['received']} received */
async function follow(choice, received) {
  const socket = io(`${choice.url}/operations`, { transports: ['websocket'], forceNew: true, reconnection: false });
  /** @type {Map<string, { tell: (operation: Operation) => void, fail: (error: Error) => void }>} */
  const followed = new Map();
  const fail = (/** @type {Error} */ error) => followed.forEach((follower) => follower.fail(error));
  socket.on('disconnect', (reason) => fail(new Error(`The socket was closed: ${reason}`)));
  socket.on('operation', ({ operationId, operation }) => {
    received.pushes += 1;
    if (operation.done) followed.get(operationId)?.tell(operation);
  });
  await new Promise((resolve, reject) => socket.once('connect', () => resolve(null)).once('connect_error', reject));
  /** @type {(started: Operation) => Promise<Operation>} */
  const ending = ({ id: operationId, watchToken: token }) =>
    new Promise((tell, fail) => {
      followed.set(operationId, { tell, fail });
      socket.emit('join', { operationId, token }, (/** @type {any} */ { ok, operation, problem }) => {
        received.acknowledgements += 1;
        if (!ok) fail(new Error(`join: ${problem.code} ${problem.detail}`));
        else if (operation.done) tell(operation);
      });
    }).finally(() => followed.delete(operationId));
  return { ending, close: () => socket.close() };
}

/** @param {Choice} choice @returns {Client} */
const byLongPoll = (choice) =>
  overHttp(choice, async (operation) => {
    while (!operation.done)
      operation = await send(choice, {
        method: 'GET',
        path: `/api/operations/${operation.id}`,
        headers: { ...WAIT_UNTIL_END, ...authorizedBy(operation.watchToken) },
      });
    return operation;
  });

const asItStands = async (/** @type {Operation} */ operation) => operation;

/** @type {Record<Transport, (choice: Choice) => Client | Promise<Client>>} */
const TRANSPORTS = {
  push: byPush,
  'long poll': byLongPoll,
  'Prefer: wait': (choice) => overHttp(choice, asItStands, WAIT),
  answer: (choice) => overHttp(choice, asItStands),
};

/** @param {Choice} choice */
export const connect = async (choice) => TRANSPORTS[choice.transport](choice);

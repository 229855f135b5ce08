// The clients, in a process of their own: started by bench.mjs, which sends one plan after another and gets a report
// for each.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';

/**
 * @typedef {{ url: string, told: 'by push' | 'in the answer', clients: number, warmUpMs: number, measureMs: number,
 *   perSecond?: number }} Plan With `perSecond`, operations start on a schedule of their own, else each client starts
 * its next
 *   one when it was told how the last one ended.
 * @typedef {{ started: number, ended: number, seconds: number, latencies: number[], cpuSeconds: number, startedInAll:
 * number }} Report
 *   What was counted while it was measured, and in `startedInAll` also before and after. Latencies are in milliseconds.
 * @typedef {{ id: string, status: string, done: boolean }} Operation
 * @typedef {{ charge: (accepted: () => void) => Promise<void>, close: () => void }} Client
 */

const BODY = JSON.stringify({
  kind: 'payment.charge',
  input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' },
});
const PATIENCE_MS = 30_000;
const HEADERS = { 'Content-Type': 'application/json', 'Content-Length': BODY.length };

/** @param {Agent} agent @param {string} url @returns {Promise<Operation>} */
function post(agent, url) {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/operations`, { agent, method: 'POST', headers: HEADERS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200 || response.statusCode === 202) resolve(JSON.parse(text));
        else reject(new Error(`POST /api/operations: expected 200 or 202, found ${response.statusCode} ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(BODY);
  });
}

/** @param {Operation} operation */
function assertSuccess({ id, status }) {
  if (status !== 'success') throw new Error(`Operation ${id}: expected success, found ${status}`);
}

/** @param {Plan} plan @param {Agent} agent @returns {Promise<Client>} */
async function connect({ url, told }, agent) {
  if (told === 'in the answer') {
    /** @type {Client['charge']} */
    const charge = async (accepted) => {
      const operation = await post(agent, url);
      accepted();
      assertSuccess(operation);
    };
    return { charge, close: () => undefined };
  }
  const socket = io(`${url}/operations`, { transports: ['websocket'], forceNew: true, reconnection: false });
  /** @type {Map<string, { tell: (operation: Operation) => void, fail: (error: Error) => void }>} */
  const followed = new Map();
  const fail = (/** @type {Error} */ error) => followed.forEach((follower) => follower.fail(error));
  socket.on('disconnect', (reason) => fail(new Error(`The socket was closed: ${reason}`)));
  socket.on('operation', ({ operationId, operation }) => operation.done && followed.get(operationId)?.tell(operation));
  await new Promise((resolve, reject) => socket.once('connect', () => resolve(null)).once('connect_error', reject));
  /** @type {(operationId: string) => Promise<Operation>} */
  const ending = (operationId) =>
    new Promise((tell, fail) => {
      followed.set(operationId, { tell, fail });
      socket.emit('join', { operationId }, (/** @type {any} */ { ok, operation, problem }) => {
        if (!ok) fail(new Error(`join: ${problem.code} ${problem.detail}`));
        else if (operation.done) tell(operation);
      });
    }).finally(() => followed.delete(operationId));
  /** @type {Client['charge']} */
  const charge = async (accepted) => {
    const { id } = await post(agent, url);
    accepted();
    assertSuccess(await ending(id));
  };
  return { charge, close: () => socket.close() };
}

/** @param {Plan} plan @returns {Promise<Report>} */
async function load(plan) {
  const agent = new Agent({ keepAlive: true, maxSockets: plan.clients });
  const clients = await Promise.all(Array.from({ length: plan.clients }, () => connect(plan, agent)));
  /** @type {Report} */
  const report = { started: 0, ended: 0, seconds: 0, latencies: [], cpuSeconds: 0, startedInAll: 0 };
  let measuring = false;
  let over = false;

  /** @param {Client} client */
  const charge = async (client) => {
    const counts = measuring;
    const before = performance.now();
    await client.charge(() => {
      report.startedInAll += 1;
      if (measuring) report.started += 1;
    });
    if (measuring) report.ended += 1;
    if (counts) report.latencies.push(performance.now() - before);
  };
  const oneByOne = async (/** @type {Client} */ client) => {
    while (!over) await charge(client);
  };
  /** Arrivals at random, as those of strangers are: the gaps between them are exponential. */
  const onSchedule = async (/** @type {number} */ perSecond) => {
    const underWay = [];
    let due = performance.now();
    for (let turn = 0; !over; turn += 1) {
      due += (-Math.log(1 - Math.random()) / perSecond) * 1000;
      await pause(Math.max(0, due - performance.now()));
      const charging = charge(clients[turn % clients.length]);
      charging.catch(() => (over = true));
      underWay.push(charging);
    }
    await Promise.all(underWay);
  };
  const measure = async () => {
    await pause(plan.warmUpMs);
    const [from, cpuBefore] = [performance.now(), process.cpuUsage()];
    process.send?.('measuring');
    measuring = true;
    await pause(plan.measureMs);
    measuring = false;
    process.send?.('measured');
    const { user, system } = process.cpuUsage(cpuBefore);
    Object.assign(report, { seconds: (performance.now() - from) / 1000, cpuSeconds: (user + system) / 1e6 });
    over = true;
  };

  const charging = plan.perSecond ? [onSchedule(plan.perSecond)] : clients.map(oneByOne);
  const measured = measure();
  const late = measured.then(async () => {
    await pause(PATIENCE_MS, undefined, { ref: false });
    throw new Error(`Somebody was not told within ${PATIENCE_MS / 1000} s how an operation ended.`);
  });
  try {
    await Promise.race([Promise.all([measured, ...charging]), late]);
  } finally {
    late.catch(() => undefined);
    over = true;
    clients.forEach((client) => client.close());
    agent.destroy();
  }
  return report;
}

process.on('message', (plan) => {
  load(/** @type {Plan} */ (plan)).then(
    (report) => process.send?.({ report }),
    (error) => process.send?.({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());

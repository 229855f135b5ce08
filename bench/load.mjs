// The clients, in a process of their own: started by bench.mjs, which sends one plan after another and gets a report
// for each.
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isLevel } from './level.mjs';
import { connect } from './transports.mjs';

/**
 * @typedef {{ url: string, transport: import('./transports.mjs').Transport, body?: string, key?: string, clients:
 *   number, warmUp: { leastMs: number, mostMs: number }, measureMs: number, perSecond?: number }} Plan
 *   It is warm after `leastMs`, or once its rate is level. With `perSecond`, operations start on a schedule of their
 *   own, else each client starts its next one when it was told how the last one ended.
 * @typedef {{ ended: number, seconds: number, latencies: number[], cpuSeconds: number, startedInAll:
 *   number, acknowledgements: number, pushes: number, warmUp: { seconds: number, level: boolean } }} Report
 *   What was counted while it was measured, and in `startedInAll` also before and after. Latencies are in milliseconds.
 */

const PATIENCE_MS = 30_000;
const SLICE_MS = 500;

/** @param {Plan} plan @returns {Promise<Report>} */
async function load(plan) {
  // By default, all but 256 connections that wait for the next start would be closed, and opened anew.
  const agent = new Agent({ keepAlive: true, maxSockets: plan.clients, maxFreeSockets: plan.clients });
  const clients = await Promise.all(Array.from({ length: plan.clients }, () => connect({ ...plan, agent })));
  const report = { ended: 0, latencies: /** @type {number[]} */ ([]), startedInAll: 0 };
  let endedInAll = 0;
  let measuring = false;
  let over = false;

  /** @param {import('./transports.mjs').Client} client */
  const runOne = async (client) => {
    const counts = measuring;
    const before = performance.now();
    await client.run(() => {
      report.startedInAll += 1;
    });
    endedInAll += 1;
    if (measuring) report.ended += 1;
    if (counts) report.latencies.push(performance.now() - before);
  };
  const oneByOne = async (/** @type {import('./transports.mjs').Client} */ client) => {
    while (!over) await runOne(client);
  };
  /** Arrivals at random, as those of strangers are: the gaps between them are exponential. */
  const onSchedule = async (/** @type {number} */ perSecond) => {
    const underWay = [];
    let due = performance.now();
    for (let turn = 0; !over; turn += 1) {
      due += (-Math.log(1 - Math.random()) / perSecond) * 1000;
      await pause(Math.max(0, due - performance.now()));
      const running = runOne(clients[turn % clients.length]);
      running.catch(() => (over = true));
      underWay.push(running);
    }
    await Promise.all(underWay);
  };
  const warmUp = async () => {
    const { leastMs, mostMs } = plan.warmUp;
    const from = performance.now();
    const rates = [];
    const passed = () => performance.now() - from;
    while (!over && (passed() < leastMs || (passed() < mostMs && !isLevel(rates)))) {
      const before = endedInAll;
      await pause(Math.min(SLICE_MS, mostMs));
      rates.push(endedInAll - before);
    }
    return { seconds: passed() / 1000, level: isLevel(rates) };
  };
  const received = () =>
    clients.reduce(
      (sum, { received: { acknowledgements, pushes } }) => [sum[0] + acknowledgements, sum[1] + pushes],
      [0, 0],
    );
  const measure = async () => {
    const warm = await warmUp();
    const [from, cpuBefore, before] = [performance.now(), process.cpuUsage(), received()];
    process.send?.('measuring');
    measuring = true;
    await pause(plan.measureMs);
    measuring = false;
    process.send?.('measured');
    const { user, system } = process.cpuUsage(cpuBefore);
    const [acknowledgements, pushes] = received().map((count, at) => count - before[at]);
    over = true;
    const [seconds, cpuSeconds] = [(performance.now() - from) / 1000, (user + system) / 1e6];
    return { seconds, cpuSeconds, acknowledgements, pushes, warmUp: warm };
  };

  const running = plan.perSecond ? [onSchedule(plan.perSecond)] : clients.map(oneByOne);
  const measured = measure();
  const late = measured.then(async () => {
    await pause(PATIENCE_MS, undefined, { ref: false });
    throw new Error(`Somebody was not told within ${PATIENCE_MS / 1000} s how an operation ended.`);
  });
  try {
    await Promise.race([Promise.all([measured, ...running]), late]);
  } finally {
    late.catch(() => undefined);
    over = true;
    clients.forEach((client) => client.close());
    agent.destroy();
  }
  return { ...report, ...(await measured) };
}

process.on('message', (plan) => {
  load(/** @type {Plan} */ (plan)).then(
    (report) => process.send?.({ report }),
    (error) => process.send?.({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());

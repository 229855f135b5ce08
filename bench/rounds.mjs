// Rounds of load on the subjects in turn, each with its cost.
import { setTimeout as pause } from 'node:timers/promises';
import { fixed, percentile } from './numbers.mjs';
import { cpuSecondsOf, machineCpuSeconds } from './processes.mjs';

/**
 * @typedef {import('./load.mjs').Plan} Plan
 * @typedef {import('./load.mjs').Report} Report
 * @typedef {{ name: string, url: string, pids: number[], stores: number[], database: import('pg').Client, accepted:
 *   number, transport?: Plan['transport'], body?: string, key?: string }} Subject
 *   `stores`: the servers that it keeps things in; `accepted`: how many operations it has accepted in all; `transport`:
 *   the only one that it has, if it has but one; `body`: of its starts, if not a plain charge; `key`: the API key that
 *   its starts carry.
 * @typedef {Pick<Plan, 'clients' | 'warmUp' | 'measureMs' | 'perSecond'> & { transport?: Plan['transport'] }} Load
 * @typedef {{ generator: import('node:child_process').ChildProcess }} Site The clients' process.
 * @typedef {{ app: number, stores: number, machine: number }} Look CPU seconds up to then.
 * @typedef {{ cpu: { app: number, stores: number, clients: number }, others: number, rate: number, p50: number,
 *   p99: number, latencies: number[] }} Measured CPU in milliseconds an operation; of others in cores.
 */

/** No warm-up except the ramp-up of the clients. @param {number} milliseconds */
export const settleFor = (milliseconds) => ({ leastMs: milliseconds, mostMs: milliseconds });

/**
 * Runs the subjects in turn, so that other load of the machine affects all alike.
 * @param {Subject[]} subjects @param {Load & { rounds: number }} load @param {Site} site
 * @returns {Promise<Measured[][]>} the rounds of each
 */
export async function alternate(subjects, { rounds, ...load }, site) {
  /** @type {Measured[][]} */
  const results = subjects.map(() => []);
  for (let turn = 0; turn < rounds; turn += 1)
    for (const [at, subject] of subjects.entries()) results[at]?.push((await run(subject, load, site)).measured);
  return results;
}

/** Runs until the rate is level. @param {Subject} subject @param {Load} load @param {Site} site */
export async function warmUp(subject, load, site) {
  const { report, measured } = await run(subject, load, site);
  const { seconds, level } = report.warmUp;
  const how = level ? 'level' : 'NOT level';
  console.log(`  ${subject.name}: ${how} after ${fixed(seconds)} s, at ${fixed(measured.rate)} operations a second`);
  return level;
}

/** @param {Subject} subject @param {Load} load @param {Site} site @param {() => Promise<unknown>} [atEdges] */
export async function run(subject, load, { generator }, atEdges = async () => undefined) {
  /** @type {Promise<{ look: Look, edge: unknown }>[]} */
  const edges = [];
  const look = async () => {
    const machine = machineCpuSeconds();
    const cpu = await cpuSecondsOf([...subject.stores, ...subject.pids]);
    const sum = (/** @type {number[]} */ seconds) => seconds.reduce((total, each) => total + each, 0);
    const stores = subject.stores.length;
    return { stores: sum(cpu.slice(0, stores)), app: sum(cpu.slice(stores)), machine };
  };
  const edge = async () => {
    const [found, other] = await Promise.all([look(), atEdges()]);
    return { look: found, edge: other };
  };
  /** @type {Report} */
  const report = await new Promise((done, failed) => {
    const hear = (/** @type {any} */ message) => {
      if (message === 'measuring' || message === 'measured') return edges.push(edge());
      generator.off('message', hear);
      if (message.report) done(message.report);
      else failed(new Error(`The load on ${subject.name} failed. ${message.error}`));
    };
    generator.on('message', hear);
    const { url, body, key, transport = load.transport ?? 'push' } = subject;
    generator.send({ ...load, url, transport, body, key });
  });
  subject.accepted += report.startedInAll;
  const [from, to] = await Promise.all(edges);
  // Lets the last writes reach the disk before the next subject begins.
  await pause(200);
  return { report, measured: measuredOf(report, from.look, to.look), edges: [from.edge, to.edge] };
}

/** @param {Report} report @param {Look} from @param {Look} to @returns {Measured} */
function measuredOf({ ended, seconds, latencies, cpuSeconds }, from, to) {
  const spent = { app: to.app - from.app, stores: to.stores - from.stores, clients: cpuSeconds };
  const ours = spent.app + spent.stores + spent.clients;
  const each = (/** @type {number} */ cpu) => (1000 * cpu) / ended;
  return {
    cpu: { app: each(spent.app), stores: each(spent.stores), clients: each(spent.clients) },
    others: Math.max(0, to.machine - from.machine - ours) / seconds,
    rate: ended / seconds,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    latencies,
  };
}

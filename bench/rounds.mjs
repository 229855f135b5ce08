// Rounds of load on the service and on the floor, turn by turn, each with what it cost.
import { setTimeout as pause } from 'node:timers/promises';
import { fixed, percentile } from './numbers.mjs';
import { cpuSecondsOf, machineCpuSeconds } from './processes.mjs';

/**
 * @typedef {import('./load.mjs').Plan} Plan
 * @typedef {import('./load.mjs').Report} Report
 * @typedef {{ name: string, url: string, pid: number, told: Plan['told'] }} Subject
 * @typedef {Pick<Plan, 'clients' | 'warmUpMs' | 'measureMs' | 'perSecond'>} Load
 * @typedef {{ generator: import('node:child_process').ChildProcess, database: import('pg').Client, postmaster: number
 * }} Site
 *   Whom the rounds are run with: the clients' process, the service's database and the server of both databases.
 * @typedef {{ at: Date, app: number, postgres: number, machine: number }} Look CPU seconds up to then.
 * @typedef {Report & { from: Look, to: Look }} Round
 */

/**
 * Each in turn, so that whatever else the machine does meets all of them alike.
 * @param {Subject[]} subjects @param {Load & { rounds: number }} load @param {Site} site @returns {Promise<Round[][]>}
 * the rounds of each
 */
export async function alternate(subjects, { rounds, ...load }, site) {
  printHead();
  /** @type {Round[][]} */
  const results = subjects.map(() => []);
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const [at, subject] of subjects.entries()) {
      const round = await run(subject, load, site);
      results[at]?.push(round);
      await print(subject, round, site.database);
    }
  }
  return results;
}

/** @param {Subject} subject @param {Load} load @param {Site} site @returns {Promise<Round>} */
export async function run({ url, told, pid }, load, { generator, postmaster }) {
  /** @type {Promise<Look>[]} */
  const looks = [];
  const look = async () => {
    const [at, machine] = [new Date(), machineCpuSeconds()];
    const [app = NaN, postgres = NaN] = await cpuSecondsOf([pid, postmaster]);
    return { at, app, postgres, machine };
  };
  /** @type {Report} */
  const report = await new Promise((done, failed) => {
    const hear = (/** @type {any} */ message) => {
      if (message === 'measuring' || message === 'measured') return looks.push(look());
      generator.off('message', hear);
      if (message.report) done(message.report);
      else failed(new Error(`The load on ${url} failed. ${message.error}`));
    };
    generator.on('message', hear);
    generator.send({ url, told, ...load });
  });
  const [from, to] = /** @type {[Look, Look]} */ (await Promise.all(looks));
  // The next subject begins when this one's last writes are on the disk.
  await pause(200);
  return { ...report, from, to };
}

/** @param {string} name @param {(string | number)[]} cells */
const printRow = (name, ...cells) =>
  console.log(`  ${name.padEnd(12)}${cells.map((cell) => String(cell).padStart(12)).join('')}`);

function printHead() {
  printRow('', '', '', '', '', 'CPU ms/op', 'CPU ms/op', 'CPU ms/op', 'CPU', 'operations');
  printRow('', 'started/s', 'ended/s', 'p50 ms', 'p99 ms', 'app', 'PostgreSQL', 'clients', 'of others', 'a job');
}

/** @param {Subject} subject @param {Round} round @param {import('pg').Client} database */
async function print({ name, told }, round, database) {
  const { started, ended, seconds, latencies, cpuSeconds, from, to } = round;
  const [app, postgres, machine] = [to.app - from.app, to.postgres - from.postgres, to.machine - from.machine];
  printRow(
    name,
    fixed(started / seconds),
    fixed(ended / seconds),
    fixed(percentile(latencies, 50), 1),
    fixed(percentile(latencies, 99), 1),
    ...[app, postgres, cpuSeconds].map((spent) => fixed((1000 * spent) / ended, 2)),
    `${fixed(Math.max(0, (100 * (machine - app - postgres - cpuSeconds)) / seconds))} %`,
    told === 'by push' ? fixed(await operationsPerJob(database, round), 1) : '-',
  );
}

/**
 * What a job carried, of the operations that were started while it was measured. @param {import('pg').Client} database
 * @param {Round} round
 */
async function operationsPerJob(database, { from, to }) {
  const { rows } = await database.query(
    'SELECT count(*)::float / nullif(count(DISTINCT job_id), 0) AS ratio FROM operation WHERE created_at BETWEEN $1 AND $2',
    [from.at, to.at],
  );
  return rows[0].ratio ?? NaN;
}

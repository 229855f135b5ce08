// Measures the built service beside the least that any such service must do (naive-floor.mjs), on one PostgreSQL and in
// one run.   npm run bench                       about three minutes   npm run bench -- --quick            about half a
// minute: shows that it works, says little about speed   npm run bench -- --profile folder   also writes a CPU profile
// of the service, for Chrome's developer tools, into that folder
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { fixed, median, percentile } from './numbers.mjs';
import { residentMegabytesOf } from './processes.mjs';
import { alternate, run } from './rounds.mjs';
import { LIFELINE, startService } from '../test/support/built-service.mjs';

/** @typedef {import('./rounds.mjs').Round} Round @typedef {import('./rounds.mjs').Subject} Subject */

const SECONDS = 1000;
const CLIENTS = 64;
const PER_SECOND = 50;
const AIMS = { throughput: 1, latency: 3, megabytes: 200 };
const LIMIT = 8 * 60 * SECONDS;
const TMPFS = 0x01021994;

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, profile: { type: 'string' } } });
// V8 optimises what has run often: thousands of operations, on the service's side.
const TIMES = options.quick
  ? { rounds: 1, firstWarmUpMs: 2 * SECONDS, warmUpMs: 500, busyMs: 3 * SECONDS, calmMs: 3 * SECONDS, idleMs: SECONDS }
  : {
      rounds: 3,
      firstWarmUpMs: 15 * SECONDS,
      warmUpMs: SECONDS,
      busyMs: 10 * SECONDS,
      calmMs: 5 * SECONDS,
      idleMs: 5 * SECONDS,
    };

/** What is to be undone at the end, whichever way it comes; the last first. @type {(() => unknown)[]} */
const undo = [];

/** @type {(error: Error) => void} */
let giveUp = () => undefined;
/** @type {Promise<never>} */
const trouble = new Promise((_, reject) => (giveUp = reject));

async function main() {
  const nodeOptions = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(options.profile)}`] : [];
  const service = await startService({ nodeOptions, undo });
  service.ended.then((how) => giveUp(new Error(`The service has ended with ${how}.`)));
  const { postgres } = service;
  const database = new pg.Client(postgres.urlOf('outcome'));
  await database.connect();
  undo.push(() => database.end());
  await database.query('CREATE DATABASE naive_floor');
  const floor = startChild('naive-floor.mjs', { DATABASE_URL: postgres.urlOf('naive_floor') });
  const [{ url }] = await once(floor, 'message');
  const site = { generator: startChild('load.mjs'), database, postmaster: postgres.pid };
  /** @type {Subject[]} */
  const subjects = [
    { name: 'service', url: service.url, pid: service.pid, told: 'by push' },
    { name: 'naive floor', url, pid: Number(floor.pid), told: 'in the answer' },
  ];

  await introduce(database, postgres.directory);
  await pause(TIMES.idleMs);
  const atStart = await residentMegabytesOf(service.pid);
  const load = { clients: CLIENTS, warmUpMs: TIMES.warmUpMs };
  const warmUps = [];
  for (const subject of subjects)
    warmUps.push(await run(subject, { ...load, warmUpMs: TIMES.firstWarmUpMs, measureMs: 100 }, site));

  console.log(`\n${CLIENTS} clients, each of which starts its next operation when it was told how its last one ended`);
  const busy = await alternate(subjects, { ...load, rounds: TIMES.rounds, measureMs: TIMES.busyMs }, site);
  console.log(
    `\n${PER_SECOND} operations a second, arriving at random; from the start of the request to being told of the ending`,
  );
  const calm = await alternate(
    subjects,
    { ...load, rounds: TIMES.rounds, measureMs: TIMES.calmMs, perSecond: PER_SECOND },
    site,
  );
  await pause(TIMES.idleMs);
  judge(busy, calm, [atStart, await residentMegabytesOf(service.pid)]);

  const told = [warmUps[0], ...(busy[0] ?? []), ...(calm[0] ?? [])].reduce(
    (sum, round) => sum + (round?.startedInAll ?? 0),
    0,
  );
  await check(database, told);
}

/** @param {Round[][]} busy @param {Round[][]} calm the service's and the floor's @param {number[]} megabytes */
function judge(busy, calm, megabytes) {
  const rates = busy.map((rounds) => rounds.map(({ ended, seconds }) => ended / seconds));
  const latencies = calm.map((rounds) => rounds.flatMap((round) => round.latencies));
  const [p50, p99] = [50, 99].map((p) => latencies.map((all) => percentile(all, p)));
  const against = (/** @type {number[]} */ [service, floor], digits = 0) =>
    `${fixed(service, digits)} against ${fixed(floor, digits)}`;
  const times = (/** @type {number[]} */ [service, floor]) => service / floor;
  // Neighbouring rounds met the same machine.
  const ratio = median(rates[0].map((rate, turn) => rate / rates[1][turn]));
  const verdict = (/** @type {boolean} */ met) => (met ? 'met' : 'NOT MET');

  const rows = [
    [
      `operations a second, medians`,
      against(rates.map(median)),
      `${fixed(ratio, 2)} times`,
      `at least ${AIMS.throughput}`,
      ratio >= AIMS.throughput,
    ],
    [
      `p50 at ${PER_SECOND} a second, ms`,
      against(p50, 1),
      `${fixed(times(p50), 2)} times`,
      `at most ${AIMS.latency}`,
      times(p50) <= AIMS.latency,
    ],
    [`p99 at ${PER_SECOND} a second, ms`, against(p99, 1), `${fixed(times(p99), 2)} times`],
    [
      `memory at rest, MB`,
      megabytes.map((each) => fixed(each)).join(', then '),
      'before and after the load',
      `under ${AIMS.megabytes}`,
      Math.max(...megabytes) < AIMS.megabytes,
    ],
  ];
  console.log('\nThe service against the naive floor');
  for (const [what, found, compared, aim, met] of rows) {
    const judged = aim === undefined ? '' : `aim: ${aim}, ${verdict(Boolean(met))}`;
    console.log(`  ${String(what).padEnd(32)}${String(found).padEnd(24)}${String(compared).padEnd(28)}${judged}`);
  }
}

/**
 * Speed counts for nothing where an operation was lost or charged twice. @param {pg.Client} database @param {number}
 * told
 */
async function check(database, told) {
  const { rows } = await database.query(`
    SELECT count(*)::int AS stored, count(*) FILTER (WHERE status = 'success')::int AS succeeded,
      count(*) FILTER (WHERE entry.outcome = 'charged' AND entry.requests = 1)::int AS "chargedOnce",
      (SELECT count(*) FROM sandbox.charge)::int AS charges
    FROM operation LEFT JOIN sandbox.charge entry ON entry.idempotency_key = operation.id::text`);
  const { stored, succeeded, chargedOnce, charges } = rows[0];
  const right = [stored, succeeded, chargedOnce, charges].every((count) => count === told);
  console.log(
    `\nOf ${told} operations that were accepted and told to be a success, ${stored} are stored, ${succeeded} as success, ` +
      `${chargedOnce} charged once, with ${charges} charges in the ledger: ${right ? 'right' : 'WRONG'}`,
  );
  if (!right) process.exitCode = 1;
}

/** @param {pg.Client} database @param {string} directory */
async function introduce(database, directory) {
  const { rows } = await database.query(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
  );
  const [{ version, fsync, commit }] = rows;
  console.log(
    `Node ${process.versions.node}, PostgreSQL ${version} (fsync ${fsync}, synchronous_commit ${commit}), ` +
      `${availableParallelism()} cores (${cpus()[0]?.model ?? 'of an unknown model'}), shared by service, floor, PostgreSQL and clients.`,
  );
  console.log(
    'The service logs at its default level, info, to the null device. The sandbox answers at once (SANDBOX_LATENCY_MS=0).',
  );
  if ((await statfs(directory)).type === TMPFS)
    console.log(`NOTE: ${directory} is in memory, where no commit waits for a disk. Set TMPDIR to a folder on a disk.`);
}

/** @param {string} file @param {NodeJS.ProcessEnv} [env] */
function startChild(file, env) {
  const child = fork(join(import.meta.dirname, file), {
    env: { ...process.env, ...env },
    execArgv: ['--import', LIFELINE],
  });
  const ended = once(child, 'exit');
  ended.then(([code, signal]) => giveUp(new Error(`${file} has ended with ${signal ?? code}.`)), giveUp);
  undo.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return child;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => giveUp(new Error(`Interrupted by ${signal}.`)));
setTimeout(() => giveUp(new Error(`Gave up after ${LIMIT / SECONDS} s.`)), LIMIT).unref();

/** @param {unknown} error */
function complain(error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

if (process.platform === 'win32')
  complain('The bench runs on Linux and macOS: elsewhere it could not stop what it starts.');
else await Promise.race([main(), trouble]).catch(complain);
trouble.catch(() => undefined);
for (const step of undo.reverse()) await Promise.resolve(step()).catch(complain);
// A signal's listeners and a child that is slow to go may hold the process no longer.
process.exit();

// Measures the built service beside floors that do the least of it, on one PostgreSQL and in one run: README.md.
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { countBusy, countLone } from './counts.mjs';
import { fill } from './fill.mjs';
import { memoryOf } from './memory.mjs';
import { fixed } from './numbers.mjs';
import { optionsOf } from './options.mjs';
import { run, settleFor } from './rounds.mjs';
import { Site } from './site.mjs';
import { cpuOf, latency, measure, rateRatio } from './speed.mjs';
import { columns } from './table.mjs';
import { reasonsForNone, verdictLines } from './verdict.mjs';

/** @typedef {import('./verdict.mjs').Aim} Aim @typedef {import('./speed.mjs').Witness} Witness */

const LIMIT_MS = 60 * 60 * 1000;
const TMPFS = 0x01021994;
const FLOORS = { 'naive floor': 'naive.mjs', 'same work': 'same-work.mjs', batched: 'batched.mjs' };
const BY_HTTP = { poll: 'long poll', wait: 'Prefer: wait' };

const site = new Site();

/** @param {ReturnType<typeof optionsOf>} options */
async function main({ parts, times, state, quick, statements, profile }) {
  const service = await site.open(profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : []);
  await introduce();
  await pause(times.startMs);
  const atStart = await memoryOf(site.child);
  /** @type {Aim[]} */
  const aims = [];
  /** @type {Witness[]} */
  const witnesses = [];

  if (parts.has('counts')) aims.push(...(await site.meanwhile(() => count(times, statements))));

  /** @type {Record<string, import('./site.mjs').Subject>} */
  const floors = {};
  for (const [name, file] of Object.entries(FLOORS)) floors[name] = await site.floor(name, file);
  floors['naive floor'].transport = 'answer';

  if (parts.has('push')) {
    title('By push (Socket.IO)');
    const found = await measure([service, ...Object.values(floors)], times, site);
    witnesses.push(...found.witnesses);
    const [busy, calm] = [found.busy, found.calm];
    aims.push(
      { what: 'application, CPU ms an operation, 64 clients', found: cpuOf(busy[0], 'app'), atMost: 0.3 },
      { what: 'PostgreSQL, CPU ms an operation, 64 clients', found: cpuOf(busy[0], 'postgres'), atMost: 0.16 },
      { what: 'times the rate of the naive floor', found: rateRatio(busy[0], busy[1]), atLeast: 0.5 },
      { what: 'times the rate of the same work', found: rateRatio(busy[0], busy[2]), atLeast: 1.2 },
      { what: 'times the rate of the batched floor', found: rateRatio(busy[0], busy[3]) },
      {
        what: 'p50 at 50 a second, times the naive floor',
        found: latency(calm[0], 50) / latency(calm[1], 50),
        atMost: 3.5,
      },
      { what: 'p99 at 50 a second, times the naive floor', found: latency(calm[0], 99) / latency(calm[1], 99) },
    );
  }
  for (const [part, transport] of Object.entries(BY_HTTP)) {
    if (!parts.has(part)) continue;
    title(`By ${transport}`);
    const others = [floors['same work'], floors.batched];
    const subjects = [service, ...others];
    for (const subject of subjects) subject.transport = /** @type {any} */ (transport);
    const { busy, witnesses: seen } = await measure([...subjects, floors['naive floor']], times, site);
    witnesses.push(...seen);
    aims.push({ what: `by ${transport}, times the rate of the same work`, found: rateRatio(busy[0], busy[1]) });
  }
  for (const subject of Object.values(floors)) if (subject.transport !== 'answer') subject.transport = 'push';
  service.transport = 'push';
  if (parts.has('apart')) aims.push(...(await site.meanwhile(() => compareApart(times, witnesses))));
  if (parts.has('state')) aims.push(...(await site.meanwhile(() => compareFilled(state, times, witnesses))));

  title(`Memory of the service, MB${quick ? ' (--quick rests a few seconds only: a full run, a minute)' : ''}`);
  await pause(times.restMs);
  const atRest = await memoryOf(site.child);
  const row = (/** @type {string} */ name, /** @type {typeof atRest} */ { resident, heapUsed, collected }) => [
    name,
    ...[resident, heapUsed, collected].map((megabytes) => fixed(megabytes)),
  ];
  for (const line of columns([
    ['', 'resident', 'heap, collected', 'resident then'],
    row('before the load', atStart),
    row('after it, at rest', atRest),
  ]))
    console.log(line);
  aims.push({ what: `MB at rest after ${times.restMs / 1000} s`, found: atRest.resident, digits: 0, atMost: 200 });

  title('Verdict');
  for (const line of verdictLines(aims, reasonsForNone(witnesses, { quick }))) console.log(line);
  await check(service);
}

/** @param {ReturnType<typeof optionsOf>['times']} times @param {boolean} withStatements @returns {Promise<Aim[]>} */
async function count(times, withStatements) {
  title('Counts an operation, over a line that counts them');
  const { subject, line } = await site.serviceOn('counted', [{}], { counted: true });
  const load = { clients: 64, warmUp: settleFor(2 * times.warmUp.leastMs), measureMs: times.busyMs };
  const busy = await countBusy(subject, load, site, line);
  await subject.database.query('ANALYZE');
  const lone = await countLone(subject, line);
  const row = (/** @type {string} */ name, /** @type {any} */ cost, digits = 2) => [
    name,
    ...[cost.statements, cost.roundTrips, cost.untilTold].map((found) => fixed(found, digits)),
    fixed(cost.walBytes),
    ...[cost.acknowledgements, cost.pushes].map((found) => fixed(found, digits)),
    fixed(cost.batch ?? 1, 1),
  ];
  for (const text of columns([
    ['', '', '', 'round trips', 'WAL', 'acknowledge-', '', 'operations'],
    ['', 'statements', 'round trips', 'until told', 'bytes', 'ments', 'pushes', 'an accept'],
    row('alone', lone, 0),
    row('64 clients', busy),
  ]))
    console.log(text);
  if (withStatements) {
    for (const [name, { titles }] of Object.entries({ alone: lone, '64 clients': busy })) {
      console.log(`\n  Statements an operation, ${name}`);
      for (const [each, times] of titles) console.log(`    ${fixed(times, 3).padStart(7)}  ${each}`);
    }
  }
  await check(subject);
  return [
    { what: 'statements, alone', found: lone.statements, digits: 0, atMost: 8, isCount: true },
    { what: 'round trips until told, alone', found: lone.untilTold, digits: 0, atMost: 4, isCount: true },
    { what: 'acknowledgements, alone', found: lone.acknowledgements, digits: 0, atMost: 1, isCount: true },
    { what: 'pushes, alone', found: lone.pushes, digits: 0, atMost: 1, isCount: true },
    { what: 'statements, 64 clients', found: busy.statements, atMost: 0.35, isCount: true },
    { what: 'bytes of write-ahead log, 64 clients', found: busy.walBytes, digits: 0, atMost: 3900, isCount: true },
  ];
}

/** @param {ReturnType<typeof optionsOf>['times']} times @param {Witness[]} witnesses @returns {Promise<Aim[]>} */
async function compareApart(times, witnesses) {
  title('API and worker in two processes, by push');
  const { subject } = await site.serviceOn('apart', [
    { ROLES: 'api' },
    { ROLES: 'worker', PUBLIC_URL: 'http://127.0.0.1' },
  ]);
  const { busy, witnesses: seen } = await measure([subject, /** @type {any} */ (site.service)], times, site);
  witnesses.push(...seen);
  await check(subject);
  return [{ what: 'apart, times the rate of one process', found: rateRatio(busy[0], busy[1]) }];
}

/**
 * @param {number} state @param {ReturnType<typeof optionsOf>['times']} times @param {Witness[]} witnesses
 * @returns {Promise<Aim[]>}
 */
async function compareFilled(state, times, witnesses) {
  title(`With ${state} ended operations, by push`);
  const [{ subject: filled }, { subject: empty }] = [await site.serviceOn('filled'), await site.serviceOn('empty')];
  const load = { clients: 1, warmUp: settleFor(500), measureMs: 500 };
  await run(filled, load, site);
  await fill(filled.database, state);
  const { busy, calm, witnesses: seen } = await measure([filled, empty], times, site);
  witnesses.push(...seen);
  await check(empty);
  await check(filled, state);
  return [
    { what: `with ${state} ended, times the rate of an empty one`, found: rateRatio(busy[0], busy[1]), atLeast: 0.9 },
    { what: 'and its p50 at 50 a second, times', found: latency(calm[0], 50) / latency(calm[1], 50) },
  ];
}

/**
 * Speed counts for nothing where an operation was lost or charged twice. @param {import('./site.mjs').Subject} subject
 * @param {number} filledIn
 */
async function check({ name, database, accepted }, filledIn = 0) {
  const { rows } = await database.query(`
    SELECT count(*)::int AS stored, count(*) FILTER (WHERE status = 'success')::int AS succeeded,
      count(*) FILTER (WHERE entry.outcome = 'charged' AND entry.requests = 1)::int AS "chargedOnce",
      (SELECT count(*) FROM sandbox.charge)::int AS charges
    FROM operation LEFT JOIN sandbox.charge entry ON entry.idempotency_key = operation.id::text`);
  const { stored, succeeded, chargedOnce, charges } = rows[0];
  const right = [stored, succeeded, chargedOnce, charges].every((count) => count === accepted + filledIn);
  if (right) console.log(`  All ${accepted} operations of ${name} are stored as success and were charged once.`);
  else {
    console.log(
      `  WRONG: of ${accepted} operations that ${name} accepted and told to be a success, ${stored} are stored, ` +
        `${succeeded} as success, ${chargedOnce} charged once, with ${charges} charges in the ledger.`,
    );
    process.exitCode = 1;
  }
}

async function introduce() {
  const { database } = /** @type {import('./site.mjs').Subject} */ (site.service);
  const { rows } = await database.query(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS commit`,
  );
  const [{ version, fsync, commit }] = rows;
  console.log(
    `Node ${process.versions.node}, PostgreSQL ${version} (fsync ${fsync}, synchronous_commit ${commit}), ` +
      `${availableParallelism()} cores (${cpus()[0]?.model ?? 'of an unknown model'}), ` +
      'shared by service, floors, PostgreSQL and clients.',
  );
  console.log(
    'The service logs at its default level, info, to the null device. ' +
      'The sandbox answers at once (SANDBOX_LATENCY_MS=0).',
  );
  const directory = String(site.server?.directory);
  if ((await statfs(directory)).type === TMPFS)
    console.log(`NOTE: ${directory} is in memory, where no commit waits for a disk. Set TMPDIR to a folder on a disk.`);
}

/** @param {string} text */
const title = (text) => console.log(`\n${text}`);

/** @param {unknown} error */
function complain(error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => site.giveUp(new Error(`Interrupted by ${signal}.`)));
setTimeout(() => site.giveUp(new Error(`Gave up after ${LIMIT_MS / 60_000} minutes.`)), LIMIT_MS).unref();

if (process.platform === 'win32')
  complain('The bench runs on Linux and macOS: elsewhere it could not stop what it starts.');
else
  await Promise.race([Promise.resolve(process.argv.slice(2)).then(optionsOf).then(main), site.trouble]).catch(complain);
site.trouble.catch(() => undefined);
for (const step of site.undo.reverse()) await Promise.resolve(step()).catch(complain);
// A signal's listeners and a child that is slow to go may hold the process no longer.
process.exit();

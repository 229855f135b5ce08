// Counts the cost of an operation in units that are equal on every machine.
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { check } from '../check.mjs';
import { fixed, median } from '../numbers.mjs';
import { run, settleFor } from '../rounds.mjs';
import { columns } from '../table.mjs';
import { connect } from '../transports.mjs';

/**
 * @typedef {import('../../test/support/counted-line.mjs').CountedLine} Line
 * @typedef {ReturnType<Line['counts']>} Counts
 * @typedef {{ statements: number, roundTrips: number, untilTold: number, acknowledgements: number, pushes: number,
 *   walBytes: number, batch: number, titles: [string, number][] }} Cost
 *   Of an operation. `untilTold`: the round trips until its client knew of the ending; `batch`: how many operations
 *   were accepted together; `titles`: what its statements are, and how many of each.
 * @typedef {import('../rounds.mjs').Subject} Subject
 */

const CLIENTS = 64;
/** Smaller batches, as on an idle machine, share less. */
const LEAST_BATCH = 20;
const LONE = 25;
/** After this time a lone operation has sent all its statements. */
const QUIET_MS = 150;

/** @param {Counts} from @param {Counts} to */
const between = (from, to) => ({
  statements: to.statements - from.statements,
  roundTrips: to.roundTrips - from.roundTrips,
  titles: [...to.byTitle].map(
    ([title, count]) => /** @type {const} */ ([title, count - (from.byTitle.get(title) ?? 0)]),
  ),
});

/** Bytes of write-ahead log so far, of the whole server. @param {import('pg').Client} database */
async function walOf(database) {
  const { rows } = await database.query(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float AS bytes`);
  return rows[0].bytes;
}

/** Per operation. @param {readonly (readonly [string, number])[]} titles @param {number} operations */
const each = (titles, operations) =>
  titles
    .filter(([, count]) => count > 0)
    .map(([title, count]) => /** @type {[string, number]} */ ([title, count / operations]))
    .sort(([, one], [, other]) => other - one);

/**
 * @param {import('../site.mjs').Site} site @param {ReturnType<typeof import('../options.mjs').optionsOf>} options
 * @returns {Promise<import('../verdict.mjs').Findings>}
 */
export async function count(site, { times, statements }) {
  console.log('\nCounts an operation, by push, over a line that counts them');
  const { subject, line } = await site.serviceOn('counted', [{}], { counted: true });
  const load = { clients: CLIENTS, warmUp: settleFor(2 * times.warmUp.leastMs), measureMs: times.busyMs };
  const busy = await countBusy(subject, load, site, line);
  const lone = await countLone(subject, line);
  print({ alone: lone, [`${CLIENTS} clients`]: busy }, statements);
  await check(subject);
  return { witnesses: [], aims: aimsOf(lone, busy) };
}

/** @param {Record<string, Cost>} costs @param {boolean} withStatements */
function print(costs, withStatements) {
  const rows = Object.entries(costs).map(([name, cost]) => [
    name,
    ...[cost.statements, cost.roundTrips, cost.untilTold].map((found) => fixed(found, 2)),
    fixed(cost.walBytes),
    ...[cost.acknowledgements, cost.pushes].map((found) => fixed(found, 2)),
    fixed(cost.batch, 1),
  ]);
  const head = [
    ['', '', '', 'round trips', 'bytes', 'acknowledge-', '', 'operations'],
    ['', 'statements', 'round trips', 'until told', 'of WAL', 'ments', 'pushes', 'a batch'],
  ];
  for (const line of columns([...head, ...rows])) console.log(line);
  for (const [name, { titles }] of withStatements ? Object.entries(costs) : []) {
    console.log(`\n  Statements an operation, ${name}`);
    for (const [title, times] of titles) console.log(`    ${fixed(times, 3).padStart(7)}  ${title}`);
  }
}

/** @param {Cost} lone @param {Cost} busy @returns {import('../verdict.mjs').Aim[]} */
function aimsOf(lone, busy) {
  const shared = busy.batch >= LEAST_BATCH ? {} : { unfit: `batches of ${fixed(busy.batch)}, not ${LEAST_BATCH}` };
  return [
    { what: 'statements, alone', found: lone.statements, digits: 0, atMost: 8 },
    { what: 'round trips until told, alone', found: lone.untilTold, digits: 0, atMost: 4 },
    { what: 'acknowledgements, alone', found: lone.acknowledgements, digits: 0, atMost: 1 },
    { what: 'pushes, alone', found: lone.pushes, digits: 0, atMost: 1 },
    { what: `statements, ${CLIENTS} clients`, found: busy.statements, atMost: 0.35, ...shared },
    { what: `bytes of WAL, ${CLIENTS} clients`, found: busy.walBytes, digits: 0, atMost: 3900, ...shared },
  ].map((aim) => ({ ...aim, isCount: true }));
}

/**
 * One operation after another, each when the last one has left nothing to do. What the service does by itself now and
 * then is in a few of them, and so not in the medians.
 * @param {Subject} subject @param {Line} line @returns {Promise<Cost>}
 */
async function countLone(subject, line) {
  const agent = new Agent({ keepAlive: true });
  const client = await connect({ url: subject.url, transport: 'push', agent });
  /** @type {Record<'statements' | 'roundTrips' | 'untilTold' | 'acknowledgements' | 'pushes', number>[]} */
  const found = [];
  const [walBefore, all] = [await walOf(subject.database), line.counts()];
  for (let time = 0; time < LONE; time += 1) {
    const [before, received] = [line.counts(), { ...client.received }];
    await client.run(() => (subject.accepted += 1));
    const untilTold = between(before, line.counts()).roundTrips;
    await pause(QUIET_MS);
    const { acknowledgements, pushes } = client.received;
    found.push({
      ...between(before, line.counts()),
      untilTold,
      acknowledgements: acknowledgements - received.acknowledgements,
      pushes: pushes - received.pushes,
    });
  }
  const [walBytes, { titles }] = [(await walOf(subject.database)) - walBefore, between(all, line.counts())];
  client.close();
  agent.destroy();
  const middle = (/** @type {keyof typeof found[number]} */ name) => median(found.map((one) => one[name]));
  return {
    statements: middle('statements'),
    roundTrips: middle('roundTrips'),
    untilTold: middle('untilTold'),
    acknowledgements: middle('acknowledgements'),
    pushes: middle('pushes'),
    walBytes: walBytes / LONE,
    batch: 1,
    titles: each(titles, LONE),
  };
}

/**
 * Under load, where operations share statements. @param {Subject} subject @param {import('../rounds.mjs').Load} load
 * @param {import('../rounds.mjs').Site} site @param {Line} line @returns {Promise<Cost>}
 */
async function countBusy(subject, load, site, line) {
  const atEdges = async () => ({ counts: line.counts(), wal: await walOf(subject.database) });
  const { report, edges } = await run(subject, load, site, atEdges);
  const [from, to] = /** @type {Awaited<ReturnType<typeof atEdges>>[]} */ (edges);
  const { statements, roundTrips, titles } = between(from.counts, to.counts);
  const { ended, acknowledgements, pushes } = report;
  // Also with what is stored beside the operations, and with jobs.
  const accepts = titles.reduce((sum, [title, times]) => sum + (title.startsWith('operation-add') ? times : 0), 0);
  return {
    statements: statements / ended,
    roundTrips: roundTrips / ended,
    untilTold: NaN,
    batch: ended / accepts,
    acknowledgements: acknowledgements / ended,
    pushes: pushes / ended,
    walBytes: (to.wal - from.wal) / ended,
    titles: each(titles, ended),
  };
}

// What an operation costs in things that can be counted, and that are the same on every machine.
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './numbers.mjs';
import { run } from './rounds.mjs';
import { connect } from './transports.mjs';

/**
 * @typedef {import('../test/support/counted-line.mjs').CountedLine} Line
 * @typedef {ReturnType<Line['counts']>} Counts
 * @typedef {{ statements: number, roundTrips: number, walBytes: number, titles: [string, number][] }} Cost
 *   Of an operation; `titles` has what its statements are, and how many of each.
 */

const LONE = 25;
/** After which a lone operation has no statement left to make. */
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
 * One operation after another, each when the last one has left nothing to do. What the service does by itself now and
 * then is in a few of them, and so not in the medians.
 * @param {import('./rounds.mjs').Subject & { database: import('pg').Client }} subject @param {Line} line
 */
export async function countLone(subject, line) {
  const agent = new Agent({ keepAlive: true });
  const client = await connect({ ...subject, agent });
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
    titles: each(titles, LONE),
  };
}

/**
 * Under load, where operations share statements. @param {import('./rounds.mjs').Subject & { database:
 * import('pg').Client }} subject @param {import('./rounds.mjs').Load} load @param {import('./rounds.mjs').Site} site
 * @param {Line} line
 */
export async function countBusy(subject, load, site, line) {
  const atEdges = async () => ({ counts: line.counts(), wal: await walOf(subject.database) });
  const { report, edges } = await run(subject, load, site, atEdges);
  const [from, to] = /** @type {Awaited<ReturnType<typeof atEdges>>[]} */ (edges);
  const { statements, roundTrips, titles } = between(from.counts, to.counts);
  const { ended, acknowledgements, pushes } = report;
  const accepts = titles.find(([title]) => title === 'operation-add')?.[1] ?? NaN;
  return {
    statements: statements / ended,
    roundTrips: roundTrips / ended,
    batch: ended / accepts,
    acknowledgements: acknowledgements / ended,
    pushes: pushes / ended,
    walBytes: (to.wal - from.wal) / ended,
    titles: each(titles, ended),
  };
}

// Compares the subjects at 64 clients, and at 50 operations per second.
import { median, percentile } from '../numbers.mjs';
import { alternate, settleFor, warmUp } from '../rounds.mjs';
import { roundsTable } from '../table.mjs';

/**
 * @typedef {import('../rounds.mjs').Subject} Subject @typedef {import('../rounds.mjs').Measured} Measured
 * @typedef {import('../verdict.mjs').Witness} Witness
 */

const CLIENTS = 64;
const PER_SECOND = 50;

/**
 * @param {Subject[]} subjects @param {ReturnType<typeof import('../options.mjs').optionsOf>['times']} times
 * @param {import('../rounds.mjs').Site} site @param {import('../transports.mjs').Transport} [transport]
 */
export async function measure(subjects, times, site, transport = 'push') {
  const { rounds, busyMs, calmMs } = times;
  /** @type {boolean[]} */
  const levels = [];
  for (const subject of subjects)
    levels.push(await warmUp(subject, { transport, clients: CLIENTS, warmUp: times.warmUp, measureMs: 1000 }, site));
  // Autovacuum would update the statistics, and so the plans, only a minute later.
  for (const { database } of subjects) await database.query('ANALYZE');
  const load = { transport, clients: CLIENTS, warmUp: settleFor(times.settleMs), rounds };

  console.log(
    `\n  ${CLIENTS} clients, each of which starts its next operation when it was told how its last one ended`,
  );
  const busy = await alternate(subjects, { ...load, measureMs: busyMs }, site);
  print(subjects, busy);
  console.log(`\n  ${PER_SECOND} operations a second, arriving at random; told after: from the start of the request`);
  const calm = await alternate(subjects, { ...load, measureMs: calmMs, perSecond: PER_SECOND }, site);
  print(subjects, calm);
  return { busy, calm, witnesses: [...witnesses(subjects, levels, busy), ...witnesses(subjects, levels, calm)] };
}

/** @param {Subject[]} subjects @param {Measured[][]} results */
export function print(subjects, results) {
  const turns = results[0]?.map((_, turn) => turn) ?? [];
  const rows = turns.flatMap((turn) => subjects.map(({ name }, at) => ({ name, ...results[at][turn] })));
  for (const line of roundsTable(rows)) console.log(line);
}

/** @param {Subject[]} subjects @param {boolean[]} levels @param {Measured[][]} results @returns {Witness[]} */
export const witnesses = (subjects, levels, results) =>
  subjects.flatMap(({ name }, at) => results[at].map(({ others }) => ({ name, others, level: levels[at] })));

/**
 * The ratio of two rates, by pairs of neighboring rounds, which met the same load of the machine.
 * @param {Measured[]} one @param {Measured[]} other
 */
export const rateRatio = (one, other) => median(one.map(({ rate }, turn) => rate / other[turn].rate));

/** @param {Measured[]} rounds @param {number} p */
export const latency = (rounds, p) =>
  percentile(
    rounds.flatMap(({ latencies }) => latencies),
    p,
  );

/** @param {Measured[]} rounds @param {'app' | 'stores'} whose */
export const cpuOf = (rounds, whose) => median(rounds.map(({ cpu }) => cpu[whose]));

// Compares charges whose answers are all lost, each of which is found by a look-up, with charges that are answered.
import { check } from '../check.mjs';
import { alternate, settleFor, warmUp } from '../rounds.mjs';
import { print, rateRatio, witnesses } from './speed.mjs';
import { chargeBy } from '../transports.mjs';

/** So many that the wait for the look-up does not limit the rate: 2,000 clients and some 1.2 s allow 1,650 a second. */
const CLIENTS = 2000;

/**
 * @param {import('../site.mjs').Site} site @param {ReturnType<typeof import('../options.mjs').optionsOf>} options
 * @returns {Promise<import('../verdict.mjs').Findings>}
 */
export async function compareLost(site, { times }) {
  console.log(`\nEvery answer lost, by push, ${CLIENTS} clients`);
  const { subject: lost } = await site.serviceOn('lost');
  const { subject: plain } = await site.serviceOn('plain');
  const subjects = [{ ...lost, body: chargeBy('pm_sandbox_charged_answer_lost') }, plain];
  const load = { clients: CLIENTS, rounds: times.rounds };
  const levels = [];
  for (const subject of subjects)
    levels.push(await warmUp(subject, { ...load, warmUp: times.warmUp, measureMs: 1000 }, site));
  for (const { database } of subjects) await database.query('ANALYZE');
  const measured = { ...load, warmUp: settleFor(2 * times.settleMs), measureMs: times.busyMs };
  const busy = await alternate(subjects, measured, site);
  print(subjects, busy);
  for (const subject of subjects) await check(subject);
  return {
    witnesses: witnesses(subjects, levels, busy),
    aims: [{ what: 'every answer lost, times the plain rate', found: rateRatio(busy[0], busy[1]), atLeast: 0.6 }],
  };
}

// Compares a service with many ended operations with an empty one.
import { check } from '../check.mjs';
import { run, settleFor } from '../rounds.mjs';
import { fill } from './fill.mjs';
import { latency, measure, rateRatio } from './speed.mjs';

/**
 * @param {import('../site.mjs').Site} site @param {ReturnType<typeof import('../options.mjs').optionsOf>} options
 * @returns {Promise<import('../verdict.mjs').Findings>}
 */
export async function compareFilled(site, { state, times }) {
  console.log(`\nWith ${state} ended operations, by push`);
  const { subject: filled } = await site.serviceOn('filled');
  const { subject: empty } = await site.serviceOn('empty');
  await run(filled, { clients: 1, warmUp: settleFor(500), measureMs: 500 }, site);
  await fill(filled.database, state);
  const [before, beside] = [await pagesReadBy(filled), await pagesReadBy(empty)];
  const { busy, calm, witnesses } = await measure([filled, empty], times, site);
  const pages = ((await pagesReadBy(filled)) - before) / filled.accepted;
  const pagesOfEmpty = ((await pagesReadBy(empty)) - beside) / empty.accepted;
  await check(empty);
  await check(filled, state);
  return {
    witnesses,
    aims: [
      { what: `with ${state} ended, pages read an operation, times an empty one`, found: pages / pagesOfEmpty },
      { what: `with ${state} ended, times the rate of an empty one`, found: rateRatio(busy[0], busy[1]), atLeast: 0.9 },
      {
        what: `with ${state} ended, p50 at 50 a second, times an empty one`,
        found: latency(calm[0], 50) / latency(calm[1], 50),
      },
    ],
  };
}

/** Pages read by its statements so far. @param {import('../site.mjs').Subject} subject */
async function pagesReadBy({ database }) {
  const { rows } = await database.query(
    'SELECT (blks_read + blks_hit)::float AS pages FROM pg_stat_database WHERE datname = current_database()',
  );
  return rows[0].pages;
}

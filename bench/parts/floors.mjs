// Compares the service with the floors.
import { cpuOf, latency, measure, rateRatio } from './speed.mjs';

/**
 * @typedef {import('../site.mjs').Site} Site @typedef {ReturnType<typeof import('../options.mjs').optionsOf>} Options
 * @typedef {import('../verdict.mjs').Findings} Findings
 */

/** @param {Site} site @param {Options} options @returns {Promise<Findings>} */
export async function compareByPush(site, { times }) {
  console.log('\nBy push (Socket.IO)');
  const { naive, sameWork, batched } = await site.floors();
  const { busy, calm, witnesses } = await measure([site.service, naive, sameWork, batched], times, site);
  const p = (/** @type {number} */ each) => latency(calm[0], each) / latency(calm[1], each);
  return {
    witnesses,
    aims: [
      { what: 'application, CPU ms an operation, 64 clients', found: cpuOf(busy[0], 'app'), atMost: 0.3 },
      { what: 'PostgreSQL, CPU ms an operation, 64 clients', found: cpuOf(busy[0], 'stores'), atMost: 0.16 },
      { what: 'times the rate of the naive floor', found: rateRatio(busy[0], busy[1]), atLeast: 0.5 },
      { what: 'times the rate of the same work', found: rateRatio(busy[0], busy[2]), atLeast: 1.2 },
      { what: 'times the rate of the batched floor', found: rateRatio(busy[0], busy[3]) },
      { what: 'p50 at 50 a second, times the naive floor', found: p(50), atMost: 3.5 },
      { what: 'p99 at 50 a second, times the naive floor', found: p(99) },
    ],
  };
}

/**
 * The naive floor returns the ending in its answer, by every transport. @param {'long poll' | 'Prefer: wait'} transport
 * @param {Site} site @param {Options} options @returns {Promise<Findings>}
 */
export async function compareByHttp(transport, site, { times }) {
  console.log(`\nBy ${transport}`);
  const { naive, sameWork, batched } = await site.floors();
  const subjects = [site.service, sameWork, batched, naive];
  const { busy, calm, witnesses } = await measure(subjects, times, site, transport);
  return {
    witnesses,
    aims: [
      { what: `by ${transport}, times the rate of the same work`, found: rateRatio(busy[0], busy[1]) },
      {
        what: `by ${transport}, p50 at 50 a second, times the same work`,
        found: latency(calm[0], 50) / latency(calm[1], 50),
      },
    ],
  };
}

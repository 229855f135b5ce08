// Compares API and worker in two processes with both in one.
import { check } from '../check.mjs';
import { latency, measure, rateRatio } from './speed.mjs';

/** Required by the worker; no customer uses the sandbox's page here. */
const PUBLIC_URL = 'http://127.0.0.1';

/**
 * @param {import('../site.mjs').Site} site @param {ReturnType<typeof import('../options.mjs').optionsOf>} options
 * @returns {Promise<import('../verdict.mjs').Findings>}
 */
export async function compareApart(site, { times }) {
  console.log('\nAPI and worker in two processes, by push');
  const { subject } = await site.serviceOn('apart', [
    { ROLES: 'api', PUBLIC_URL },
    { ROLES: 'worker', PUBLIC_URL },
  ]);
  const { busy, calm, witnesses } = await measure([subject, site.service], times, site);
  await check(subject);
  return {
    witnesses,
    aims: [
      { what: 'apart, times the rate of one process', found: rateRatio(busy[0], busy[1]) },
      { what: 'apart, p50 at 50 a second, times one process', found: latency(calm[0], 50) / latency(calm[1], 50) },
    ],
  };
}

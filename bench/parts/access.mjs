// Compares a service that asks for credentials with one that is open.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { check } from '../check.mjs';
import { cpuOf, latency, measure, rateRatio } from './speed.mjs';

const KEYS = join(import.meta.dirname, '..', '..', 'dist', 'src', 'keys.js');
/** More than the load sends: what is measured is the counting, not a refusal. */
const MOST = '100000';

/**
 * Starts carry an API key, and each operation is followed by the watch token of its answer, as a shop does: its backend
 * starts and its page waits.
 * @param {import('../site.mjs').Site} site @param {ReturnType<typeof import('../options.mjs').optionsOf>} options
 * @returns {Promise<import('../verdict.mjs').Findings>}
 */
export async function compareAccess(site, { times }) {
  console.log('\nAsking for credentials, by push');
  const { subject: closed } = await site.serviceOn('keys', [
    {
      AUTH_MODE: 'keys',
      TOKEN_KEYS: `bench:${Buffer.alloc(32, 'bench').toString('base64')}`,
      LIMIT_STARTS: MOST,
      LIMIT_READS: MOST,
      LIMIT_ANONYMOUS: MOST,
      LIMIT_SOCKETS: MOST,
    },
  ]);
  const { subject: open } = await site.serviceOn('open');
  const key = await makeKey(String(site.server?.urlOf('keys')));
  const subjects = [Object.assign(closed, { key }), open];
  const { busy, calm, witnesses } = await measure(subjects, times, site);
  for (const subject of subjects) await check(subject);
  const [withKeys, without] = busy;
  return {
    witnesses,
    aims: [
      { what: 'with keys, times the open rate', found: rateRatio(withKeys, without), atLeast: 0.9 },
      { what: 'with keys, application CPU, times the open', found: cpuOf(withKeys, 'app') / cpuOf(without, 'app') },
      {
        what: 'with keys, PostgreSQL CPU, times the open',
        found: cpuOf(withKeys, 'stores') / cpuOf(without, 'stores'),
      },
      { what: 'with keys, p50 at 50 a second, times the open', found: latency(calm[0], 50) / latency(calm[1], 50) },
    ],
  };
}

/** @param {string} url of its database */
async function makeKey(url) {
  const args = [KEYS, 'create', '--scopes', 'operations:start,operations:read', '--owner', 'bench'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, DATABASE_URL: url },
    timeout: 30_000,
  });
  return stdout.trim();
}

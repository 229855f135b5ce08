// How long one tenant's charges take while another floods the queue, beside how long they take when it is calm:
// npm run bench:tenants, about a minute and a half.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runToTheEnd } from './ending.mjs';
import { fixed, percentile } from './numbers.mjs';
import { Site } from './site.mjs';
import { columns } from './table.mjs';

const AIM = 2;
const CALM_MS = 15_000;
const FLOOD_MS = 20_000;
/** Until the queue is long. */
const HEAD_START_MS = 5_000;
const CALM_PER_SECOND = 10;
/** 20 places and 300 ms a charge: 66 a second, far below what a processor can do. */
const PLACES = 20;
const FLOOD_PER_SECOND = 130;

const CHARGE = JSON.stringify({
  kind: 'payment.charge',
  input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' },
});

const CLOSED = {
  AUTH_MODE: 'keys',
  TOKEN_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  LIMIT_STARTS: '0',
  LIMIT_READS: '0',
  LIMIT_STREAMS: '0',
  MAX_QUEUE_AGE_MS: '0',
  MAX_QUEUE_LENGTH: '0',
  WORKER_CONCURRENCY: String(PLACES),
  SANDBOX_LATENCY_MS: '300',
  PUBLIC_URL: 'http://127.0.0.1',
};

/** How many operations wait, and how long the calm tenant's last ones did until they were sent to the provider. */
const WAITED = `
SELECT (SELECT count(*)::int FROM operation WHERE status = 'pending') AS waiting,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS p50, percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) AS p99
FROM (
  SELECT extract(epoch FROM sent_at - operation.created_at)::float * 1000 AS ms
  FROM operation JOIN payment ON charge_operation_id = operation.id JOIN tenant ON tenant.id = operation.tenant
  WHERE tenant.name = 'calm' ORDER BY operation.id DESC LIMIT $1
) AS last`;

const site = new Site();
const agent = new Agent({ keepAlive: true, maxSockets: 500 });

/** @param {string} url @param {string} tenant @returns {Promise<string>} */
async function keyOf(url, tenant) {
  const scopes = 'operations:start,operations:read';
  const args = ['create', '--scopes', scopes, '--owner', 'bench', '--tenant', tenant, '--create-tenant'];
  const env = { ...process.env, DATABASE_URL: url };
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/src/keys.js', ...args], { env });
  return stdout.trim();
}

/**
 * Starts a charge. @param {string} url @param {string} key @param {Record<string, string>} [headers]
 * @returns {Promise<{ status?: number, done?: boolean }>}
 */
const start = (url, key, headers) =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}/api/operations`, {
      agent,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}`, ...headers },
    });
    asked.on('error', reject);
    asked.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('error', reject).on('end', () => resolve({ status: answer.statusCode, done: JSON.parse(text).done }));
    });
    asked.end(CHARGE);
  });

/**
 * Arrivals at random, so many a second. @param {number} perSecond @param {number} forMs
 * @param {() => Promise<unknown>} one
 */
async function arriving(perSecond, forMs, one) {
  const underWay = [];
  const until = performance.now() + forMs;
  for (let due = performance.now(); due < until;) {
    due += (-Math.log(1 - Math.random()) / perSecond) * 1000;
    await pause(Math.max(0, due - performance.now()));
    const running = one();
    // Reported at the end, with all.
    running.catch(() => undefined);
    underWay.push(running);
  }
  await Promise.all(underWay);
}

/** Milliseconds from each start to its ending. @param {string} url @param {string} key @param {number} forMs */
async function latencies(url, key, forMs) {
  /** @type {number[]} */
  const found = [];
  await arriving(CALM_PER_SECOND, forMs, async () => {
    const before = performance.now();
    const { status, done } = await start(url, key, { Prefer: 'wait=30' });
    if (!done) throw new Error(`Expected a charge to end within 30 s, found ${status}.`);
    found.push(performance.now() - before);
  });
  return found;
}

/** @param {string} name @param {Record<string, string>[]} roles */
async function measure(name, roles) {
  const { subject } = await site.serviceOn(
    name,
    roles.map((role) => ({ ...CLOSED, ...role })),
  );
  const database = String(site.server?.urlOf(name));
  const [calmKey, floodKey] = [await keyOf(database, 'calm'), await keyOf(database, 'flood')];
  await latencies(subject.url, calmKey, 3_000);
  const calm = await latencies(subject.url, calmKey, CALM_MS);
  const refused = /** @type {(number | undefined)[]} */ ([]);
  const flooding = arriving(FLOOD_PER_SECOND, HEAD_START_MS + FLOOD_MS, async () => {
    const { status } = await start(subject.url, floodKey);
    if (status !== 202) refused.push(status);
  });
  await pause(HEAD_START_MS);
  const flooded = await latencies(subject.url, calmKey, FLOOD_MS);
  const { rows } = await subject.database.query(WAITED, [flooded.length]);
  await flooding;
  const ratio = percentile(flooded, 99) / percentile(calm, 99);
  return { name, calm, flooded, ...rows[0], refused: refused.length, ratio };
}

await runToTheEnd(site, async () => {
  await site.open([]);
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} cores, shared by all. The sandbox answers in 300 ms.\n` +
      `One tenant charges ${CALM_PER_SECOND} times a second. Another starts ${FLOOD_PER_SECOND} a second, where ` +
      `${PLACES} places do ${Math.floor((PLACES * 1000) / 300)}.\n`,
  );
  const found = [
    await site.meanwhile(() => measure('one_process', [{}])),
    await site.meanwhile(() => measure('apart', [{ ROLES: 'api' }, { ROLES: 'worker' }])),
  ];
  const lines = found.map(({ name, calm, flooded, waiting, p50, p99, refused, ratio }) => [
    name.replace('_', ' '),
    ...[calm, flooded].flatMap((each) => [50, 99].map((p) => fixed(percentile(each, p)))),
    fixed(p50),
    fixed(p99),
    String(waiting),
    String(refused),
    fixed(ratio, 2),
  ]);
  const heads = ['', 'calm p50', 'p99 ms', 'flooded p50', 'p99 ms', 'waits p50', 'p99 ms', 'queue', 'refused', 'times'];
  for (const line of columns([heads, ...lines])) console.log(line);
  const worst = Math.max(...found.map(({ ratio }) => ratio));
  console.log(`\nAim: under the flood, at most ${AIM} times the calm p99. Found ${fixed(worst, 2)}.`);
  if (worst > AIM) process.exitCode = 1;
});

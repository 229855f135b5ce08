// Starts one operation per script on a running server, shows their events live, drawn in place on a terminal, and
// reports at the end whether each ended as scripted.
import { parseArgs } from 'node:util';
import { createClient } from '@outcome/client';
import { LIVES } from './lives.mjs';
import { Screen, tint, wordsOf } from './screen.mjs';

/** @typedef {import('./lives.mjs').Life} Life @typedef {import('./lives.mjs').Event} Event */

const SECONDS = 1000;
const PATIENCE = 120 * SECONDS;

class Stop extends Error {}

/** @returns {string} the server's address, without a slash at its end */
function address() {
  const fallback = process.env.OUTCOME_URL || 'http://127.0.0.1:3000';
  try {
    const { url } = parseArgs({ options: { url: { type: 'string', default: fallback } } }).values;
    if (!/^https?:/.test(url))
      throw new Error(`Expected an address that begins with http:// or https://, found "${url}".`);
    return new URL(url).href.replace(/\/+$/, '');
  } catch (error) {
    throw new Stop(`${error.message.replace(/[.]?$/, '.')} Use it as: npm run demo -- --url http://127.0.0.1:3000`);
  }
}

/** @param {string} url */
async function checkThatItAnswers(url) {
  const health = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5 * SECONDS) }).catch(() => null);
  if (health?.ok) return;
  const found = health
    ? `What answers at ${url} is not Outcome (/health/live: ${health.status}).`
    : `Nothing answers at ${url}.`;
  throw new Stop(
    `${found} Start the server with "npm start" in another terminal, or name it: npm run demo -- --url ` +
      'http://host:port',
  );
}

/**
 * @param {import('@outcome/client').Client} client @param {Life} life @param {AbortSignal} signal @param {(event:
 * Event) => void} tell
 */
async function live(client, life, signal, tell) {
  const { label, kind, input } = life;
  try {
    // Each run of the demo starts new operations.
    const { id } = await client.start(kind, input, {
      intent: `${label} ${process.pid} ${Date.now()}`,
      metadata: { label },
      signal,
    });
    for await (const { version } of client.watch(id, { signal })) {
      const [event] = await client.history(id, { afterVersion: version - 1, signal });
      if (!event) continue;
      life.events.push(event);
      tell(event);
    }
  } catch (error) {
    if (!signal.aborted) life.problem = error.message;
  }
}

/** @returns {number} the exit code */
function report() {
  console.log(`\n${'operation'.padEnd(24)}  ${'ended'.padEnd(15)}  ${'took'.padStart(9)}  versions  as scripted`);
  for (const life of LIVES) {
    const status = life.operation?.status ?? '-';
    const columns = [
      life.label.padEnd(24),
      tint(status, status.padEnd(15)),
      life.took.padStart(9),
      String(life.events.length).padStart(8),
    ];
    console.log([...columns, life.complaint ? 'no' : 'yes'].join('  '));
  }
  const wrong = LIVES.filter(({ complaint }) => complaint);
  for (const { label, operation, complaint } of wrong)
    console.log(`\n"${label}"${operation ? `, operation ${operation.id},` : ''} ${complaint}.`);
  if (wrong.length === 0) console.log(`\nAll ${LIVES.length} ended as scripted.`);
  return wrong.length === 0 ? 0 : 1;
}

/** A line per event, for output without a terminal. @param {Life} life @param {Event} event */
function print({ label }, event) {
  const { type, operation } = event;
  const what = tint(operation.status, `${type.padEnd(25)}  ${operation.status.padEnd(15)}`);
  const since = `${(performance.now() / SECONDS).toFixed(3)} s`.padStart(9);
  console.log(`${since}  ${operation.id.slice(-6)}  ${label.padEnd(24)}  ${what}  ${wordsOf(event)}`.trimEnd());
}

try {
  const url = address();
  await checkThatItAnswers(url);
  console.log(`${LIVES.length} operations on ${url}\n`);
  const screen = Screen.fits(process.stdout, LIVES) ? new Screen(process.stdout, LIVES) : undefined;
  screen?.open();
  const client = createClient({ url });
  const patience = AbortSignal.timeout(PATIENCE);
  await Promise.all(LIVES.map((life) => live(client, life, patience, (event) => screen ?? print(life, event))));
  client.close();
  screen?.close();
  if (patience.aborted)
    console.log(
      `\nGave up after ${PATIENCE / SECONDS} s. The table shows what has not ended; the server's log says why.`,
    );
  process.exitCode = report();
} catch (error) {
  console.error(error instanceof Stop ? error.message : error);
  process.exitCode = 1;
}

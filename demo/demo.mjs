// Starts one operation for each scripted fate on a running server, prints their lives as they are pushed,
// and tells at the end whether each ended as it was scripted to.
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';

/**
 * @typedef {{ id: string, status: string, done: boolean, createdAt: string, finishedAt: string | null,
 *   progress: { percent: number, message: string | null } | null, failure: { code: string, message: string } | null }} Operation
 * @typedef {{ operationId: string, version: number, type: string, detail?: Record<string, unknown> | null, operation: Operation }} Event
 * @typedef {{ label: string, kind: string, input: object, ends: string, through: string, id: string, version: number,
 *   heard: Map<number, Event>, operation: Operation | null, problem: string | null, end: () => void }} Life
 */

const SECONDS = 1000;
const PATIENCE = 120 * SECONDS;

/** @type {(label: string, kind: string, input: object, ends: string, through: string) => Life} */
const life = (label, kind, input, ends, through) => {
  const untold = { id: '', version: 0, heard: new Map(), operation: null, problem: null, end: () => {} };
  return { label, kind, input, ends, through, ...untold };
};
/** @type {(label: string, paymentMethod: string, ends: string, through?: string) => Life} */
const charge = (label, paymentMethod, ends, through = 'processing') =>
  life(label, 'payment.charge', { amount: 4200, currency: 'EUR', paymentMethod }, ends, through);
const LIVES = [
  charge('paid', 'pm_card_visa', 'success'),
  charge('paid slowly', 'pm_sandbox_slow', 'success'),
  charge('declined', 'pm_card_visa_chargeDeclined', 'failed'),
  charge('insufficient funds', 'pm_card_visa_chargeDeclinedInsufficientFunds', 'failed'),
  charge('expired card', 'pm_card_chargeDeclinedExpiredCard', 'failed'),
  charge('incorrect CVC', 'pm_card_chargeDeclinedIncorrectCvc', 'failed'),
  charge('processing error', 'pm_card_chargeDeclinedProcessingError', 'failed'),
  charge('unavailable twice', 'pm_sandbox_unavailable_twice', 'success', 'retrying'),
  charge('unavailable', 'pm_sandbox_unavailable', 'failed', 'retrying'),
  charge('charged, answer lost', 'pm_sandbox_charged_answer_lost', 'success', 'reconciling'),
  charge('not charged, answer lost', 'pm_sandbox_not_charged_answer_lost', 'failed', 'reconciling'),
  life('countdown', 'demo.countdown', { seconds: 5 }, 'success', 'progressed'),
];

const colored = process.stdout.isTTY && !process.env.NO_COLOR;
const COLORS = { success: 32, failed: 31, canceled: 33, expired: 33, reconciling: 35 };
/** @type {(status: string, text: string) => string} */
const tint = (status, text) => (colored && COLORS[status] ? `\x1b[${COLORS[status]}m${text}\x1b[0m` : text);
const began = performance.now();
const since = () => `${((performance.now() - began) / SECONDS).toFixed(3)} s`.padStart(9);

class Stop extends Error {}

/** @returns {string} the server's address, without a slash at its end */
function address() {
  const fallback = process.env.OUTCOME_URL || 'http://127.0.0.1:3000';
  try {
    const { url } = parseArgs({ options: { url: { type: 'string', default: fallback } } }).values;
    if (!/^https?:/.test(url)) throw new Error(`Expected an address that begins with http:// or https://, found "${url}".`);
    return new URL(url).href.replace(/\/+$/, '');
  } catch (error) {
    throw new Stop(`${error.message.replace(/[.]?$/, '.')} Use it as: npm run demo -- --url http://127.0.0.1:3000`);
  }
}

/** @param {string} url */
async function checkThatItAnswers(url) {
  const health = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5 * SECONDS) }).catch(() => null);
  if (health?.ok) return;
  const found = health ? `What answers at ${url} is not Outcome (/health/live: ${health.status}).` : `Nothing answers at ${url}.`;
  throw new Stop(`${found} Start the server with "npm start" in another terminal, or name it: npm run demo -- --url http://host:port`);
}

/**
 * Sends the same words under the same key until an answer comes, so that a lost answer starts nothing twice.
 * @param {string} url @param {Life} life @returns {Promise<Operation>}
 */
async function start(url, { label, kind, input }) {
  // Letters alone, so that no key resembles a card number, which the server refuses.
  const key = [...randomBytes(32)].map((byte) => String.fromCharCode(97 + (byte & 15))).join('');
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  const body = JSON.stringify({ kind, input, metadata: { label } });
  for (;;) {
    const signal = AbortSignal.timeout(10 * SECONDS);
    const response = await fetch(`${url}/api/operations`, { method: 'POST', headers, body, signal }).catch(() => null);
    const answer = await response?.json().catch(() => null);
    if (answer && response.ok) return answer;
    if (answer && response.status < 500 && response.status !== 429) throw new Error(`was refused: ${answer.detail ?? answer.title}`);
    await pause(SECONDS);
  }
}

/** @param {Event} event */
function tell({ type, detail, operation: { failure, progress } }) {
  if (failure) return `${failure.code}: ${failure.message}`;
  if (type === 'operation.progressed' && progress) return [`${progress.percent} %`, progress.message].filter(Boolean).join(', ');
  const { reason, nextAttemptAt, nextLookUpAt, ...rest } = detail ?? {};
  const next = nextAttemptAt ?? nextLookUpAt;
  const wait = next && `next in ${Math.max(0, (Date.parse(String(next)) - Date.now()) / SECONDS).toFixed(1)} s`;
  return [reason, ...Object.entries(rest).map((pair) => pair.join(' ')), wait].filter(Boolean).join(', ');
}

/** @type {(life: Life, events: Event[]) => void} */
function hear(life, events) {
  for (const event of events) life.heard.set(event.version, event);
  for (let event; (event = life.heard.get(life.version + 1));) {
    const { type, version, operation } = event;
    Object.assign(life, { version, operation });
    const what = tint(operation.status, `${type.padEnd(25)}  ${operation.status.padEnd(15)}`);
    console.log(`${since()}  ${life.id.slice(-6)}  ${life.label.padEnd(24)}  ${what}  ${tell(event)}`.trimEnd());
    if (operation.done) life.end();
  }
}

/** @param {Life} life @returns {string | null} what did not go as scripted */
function complaint({ problem, operation, ends, through, heard }) {
  if (problem) return problem;
  if (!operation?.done) return `was to end as ${ends}, and has not ended`;
  if (operation.status !== ends) return `was to end as ${ends}, and ended as ${operation.status}`;
  const passed = [...heard.values()].some(({ type }) => type === `operation.${through}`);
  return passed ? null : `was to pass through operation.${through}, and did not`;
}

/** @param {string} url */
function follow(url) {
  const socket = io(`${url}/operations`, { transports: ['websocket', 'polling'], tryAllTransports: true, reconnectionDelay: 500 });
  /** @param {Life} life */
  const join = async (life) => {
    if (!socket.connected || !life.id || life.operation?.done) return;
    const asked = socket.timeout(5 * SECONDS).emitWithAck('join', { operationId: life.id, afterVersion: life.version });
    const answer = await asked.catch(() => null);
    if (answer?.ok) return hear(life, answer.events);
    if (!answer) return join(life);
    life.problem = `could not be followed: ${answer.problem.detail ?? answer.problem.title}`;
    life.end();
  };
  socket.on('connect', () => LIVES.forEach(join));
  socket.on('operation', (event) => {
    const life = LIVES.find(({ id }) => id === event.operationId);
    if (!life) return;
    hear(life, [event]);
    if (life.heard.size > life.version) void join(life);
  });
  socket.on('disconnect', (reason) => {
    if (reason === 'io client disconnect') return;
    console.log(`${since()}  connection lost (${reason}), catching up when it is back`);
    // A server that closes the socket itself, as in a restart, is not dialled again by the library.
    if (!socket.active) setTimeout(() => socket.connect(), SECONDS);
  });
  return { join, leave: () => socket.disconnect() };
}

/** @returns {number} the exit code */
function report() {
  console.log(`\n${'operation'.padEnd(24)}  ${'ended'.padEnd(15)}  ${'took'.padStart(9)}  versions  as scripted`);
  for (const life of LIVES) {
    const { createdAt, finishedAt, status = '-' } = life.operation ?? {};
    const took = finishedAt ? `${((Date.parse(finishedAt) - Date.parse(createdAt)) / SECONDS).toFixed(3)} s` : '-';
    const columns = [life.label.padEnd(24), tint(status, status.padEnd(15)), took.padStart(9), String(life.version).padStart(8)];
    console.log([...columns, complaint(life) ? 'no' : 'yes'].join('  '));
  }
  const wrong = LIVES.filter(complaint);
  for (const life of wrong) console.log(`\n"${life.label}"${life.id && `, operation ${life.id},`} ${complaint(life)}.`);
  if (wrong.length === 0) console.log(`\nAll ${LIVES.length} ended as scripted.`);
  return wrong.length === 0 ? 0 : 1;
}

try {
  const url = address();
  await checkThatItAnswers(url);
  console.log(`${LIVES.length} operations on ${url}\n`);
  const { join, leave } = follow(url);
  const played = LIVES.map(async (life) => {
    const ended = new Promise((resolve) => (life.end = () => resolve(null)));
    try {
      life.id = (await start(url, life)).id;
      void join(life);
      await ended;
    } catch (error) {
      life.problem = error.message;
    }
  });
  const giveUp = pause(PATIENCE, 'given up');
  if ((await Promise.race([Promise.all(played), giveUp])) === 'given up')
    console.log(`\nGave up after ${PATIENCE / SECONDS} s. The table shows what has not ended; the server's log says why.`);
  leave();
  process.exit(report());
} catch (error) {
  console.error(error instanceof Stop ? error.message : error);
  process.exit(1);
}

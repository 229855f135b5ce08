// What the command line asks for, and how long each part takes.
import { parseArgs } from 'node:util';

export const PARTS = /** @type {const} */ (['counts', 'push', 'poll', 'wait', 'apart', 'lost', 'access', 'state']);

const QUICK_PARTS = ['counts', 'push'];

const SECONDS = 1000;

const FULL = {
  rounds: 3,
  warmUp: { leastMs: 10 * SECONDS, mostMs: 60 * SECONDS },
  settleMs: 1 * SECONDS,
  busyMs: 10 * SECONDS,
  calmMs: 8 * SECONDS,
  startMs: 5 * SECONDS,
  restMs: 60 * SECONDS,
};
const QUICK = {
  rounds: 1,
  warmUp: { leastMs: 2 * SECONDS, mostMs: 8 * SECONDS },
  settleMs: 500,
  busyMs: 3 * SECONDS,
  calmMs: 3 * SECONDS,
  startMs: 1 * SECONDS,
  restMs: 5 * SECONDS,
};

/** @param {string[]} args */
export function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      state: { type: 'string' },
      statements: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const { quick, statements, profile } = values;
  const state = wholeNumber('--state', values.state ?? '0');
  const usual = quick ? QUICK_PARTS : PARTS.filter((part) => part !== 'state');
  const asked = values.only?.split(',') ?? [...usual, ...(state > 0 ? ['state'] : [])];
  const unknown = asked.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) throw new Error(`--only: expected some of ${PARTS.join(',')}, found "${unknown}".`);
  if (asked.includes('state') && state === 0) throw new Error('--only=state: expected --state=N, found none.');
  return { quick, statements, profile, state, parts: new Set(asked), times: quick ? QUICK : FULL };
}

/** @param {string} name @param {string} text */
function wholeNumber(name, text) {
  if (!/^\d+$/.test(text)) throw new Error(`${name}: expected a whole number, found "${text}".`);
  return Number(text);
}

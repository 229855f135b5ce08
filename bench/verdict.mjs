// The targets of the bench, and the conditions under which it gives no verdict.
import { fixed } from './numbers.mjs';
import { columns } from './table.mjs';

/**
 * @typedef {{ what: string, found: number, digits?: number, atMost?: number, atLeast?: number, isCount?: boolean,
 *   unfit?: string }} Aim
 *   A count does not depend on the machine; `unfit`: why it may not be judged nevertheless.
 * @typedef {{ name: string, others: number, level: boolean }} Witness
 *   A round of what may keep a verdict from being given: the cores that others used, and whether its subject was warm.
 * @typedef {{ aims: Aim[], witnesses: Witness[] }} Findings
 */

/** In cores, by processes outside the measurement. */
const MOST_BY_OTHERS = 0.25;

/**
 * Reasons why these rounds allow no verdict on speed; empty if they do.
 * @param {Witness[]} rounds @param {{ quick?: boolean }} options
 */
export function reasonsForNone(rounds, { quick }) {
  const others = Math.max(0, ...rounds.map((round) => round.others));
  const climbing = [...new Set(rounds.filter(({ level }) => !level).map(({ name }) => name))];
  return [
    others > MOST_BY_OTHERS && `others used up to ${fixed(others, 2)} of a core, and may use ${MOST_BY_OTHERS}`,
    climbing.length > 0 && `the rate was not level when this was measured: ${climbing.join(', ')}`,
    quick && '--quick is too short to judge by',
  ].filter((reason) => typeof reason === 'string');
}

/** @param {Aim} aim */
export function isMet({ found, atMost = Infinity, atLeast = -Infinity }) {
  return found <= atMost && found >= atLeast;
}

/** @param {Aim} aim */
const limitOf = ({ atMost, atLeast }) => {
  if (atMost !== undefined) return `at most ${atMost}`;
  return atLeast === undefined ? '' : `at least ${atLeast}`;
};

/** @param {Aim} aim @param {boolean} judges */
function verdictOf(aim, judges) {
  if (limitOf(aim) === '') return '';
  if (!Number.isFinite(aim.found)) return 'not measured';
  if (aim.unfit !== undefined) return `no verdict: ${aim.unfit}`;
  if (!judges && !aim.isCount) return 'no verdict';
  return isMet(aim) ? 'met' : 'MISSED';
}

/** @param {Aim[]} aims @param {string[]} reasons for no verdict on what depends on the machine */
export function verdictLines(aims, reasons) {
  const rows = aims.map((aim) => [
    aim.what,
    fixed(aim.found, aim.digits ?? 2),
    limitOf(aim),
    verdictOf(aim, reasons.length === 0),
  ]);
  const none = reasons.map((reason) => `  no verdict on speed: ${reason}`);
  return [...columns(rows), ...none];
}

/** @param {Findings[]} findings @param {{ quick?: boolean }} options */
export function printVerdict(findings, options) {
  const aims = findings.flatMap((found) => found.aims);
  const reasons = reasonsForNone(
    findings.flatMap(({ witnesses }) => witnesses),
    options,
  );
  console.log('\nVerdict');
  for (const line of verdictLines(aims, reasons)) console.log(line);
}

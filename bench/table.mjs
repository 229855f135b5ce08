// Formats rows of text in columns.
import { fixed } from './numbers.mjs';

/** @typedef {{ head: string[], text: (row: any) => string }} Column */

/** @param {string[][]} lines the cells of each line; the first of each stands at the left */
export function columns(lines) {
  const most = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: most }, (_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  return lines.map((line) =>
    ['', ...line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))]
      .join('  ')
      .trimEnd(),
  );
}

const HEAD = [
  ['', 'CPU ms/op', 'CPU ms/op', 'CPU ms/op', 'cores that', 'ended', 'told after', 'told after'],
  ['', 'application', 'stores', 'clients', 'others used', 'a second', 'p50 ms', 'p99 ms'],
];

/**
 * CPU time first: it depends least on the rest of the machine. @param {(import('./rounds.mjs').Measured
 * & { name: string })[]} rounds
 */
export const roundsTable = (rounds) =>
  columns([
    ...HEAD,
    ...rounds.map(({ name, cpu, others, rate, p50, p99 }) => [
      name,
      ...[cpu.app, cpu.stores, cpu.clients].map((milliseconds) => fixed(milliseconds, 3)),
      fixed(others, 2),
      fixed(rate),
      ...[p50, p99].map((milliseconds) => fixed(milliseconds, 1)),
    ]),
  ]);

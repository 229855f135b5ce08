import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { stripVTControlCharacters, styleText } from 'node:util';

/** @typedef {import('./lives.mjs').Life} Life @typedef {import('./lives.mjs').Event} Event */

const SECONDS = 1000;
const REDRAW_MS = 100;
const LABEL = 24;
const BAR = 12;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const COLOURS = /** @type {const} */ ({
  success: 'green',
  failed: 'red',
  canceled: 'yellow',
  expired: 'yellow',
  reconciling: 'magenta',
  processing: 'blue',
});

/** @type {(status: string, text: string) => string} */
export const tint = (status, text) =>
  status in COLOURS ? styleText(COLOURS[/** @type {keyof typeof COLOURS} */ (status)], text) : text;

/** The details of an event in words. @param {Event} event @param {number} now */
export function wordsOf({ type, detail, operation: { failure, progress } }, now = Date.now()) {
  if (failure) return `${failure.code}: ${failure.message}`;
  if (type === 'operation.progressed' && progress)
    return [`${progress.percent} %`, progress.message].filter(Boolean).join(', ');
  const { reason, nextAttemptAt, nextLookUpAt, ...rest } = detail ?? {};
  const next = nextAttemptAt ?? nextLookUpAt;
  const wait = next && `next in ${Math.max(0, (Date.parse(String(next)) - now) / SECONDS).toFixed(1)} s`;
  return [reason, ...Object.entries(rest).map((pair) => pair.join(' ')), wait].filter(Boolean).join(', ');
}

/**
 * A line per operation that fits the terminal, and one with counts. @param {readonly Life[]} lives @param {{
 * columns: number, now: number }} at
 */
export function linesOf(lives, { columns, now }) {
  const ended = lives.filter(({ operation }) => operation?.done).length;
  const lines = lives.map((life) => {
    const { operation, events, label, problem } = life;
    const last = events.at(-1);
    const status = operation?.status ?? 'starting';
    const began = operation && Date.parse(operation.createdAt);
    const seconds = began
      ? (((operation.finishedAt ? Date.parse(operation.finishedAt) : now) - began) / SECONDS).toFixed(1)
      : '';
    const columnsOfLine = [
      barOf(life),
      label.padEnd(LABEL),
      status.padEnd(11),
      `${seconds} s`.padStart(7),
      problem ?? (last ? wordsOf(last, now) : ''),
    ];
    const line = columnsOfLine.join('  ').trimEnd();
    return tint(status, line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`);
  });
  return [...lines, '', `${ended} of ${lives.length} have ended`.slice(0, columns - 1)];
}

/** Its progress if it reports any, otherwise its events so far. @param {Life} life */
function barOf({ operation, events }) {
  if (operation?.done) return '━'.repeat(BAR);
  const percent = operation?.progress?.percent;
  const filled = percent === undefined ? Math.min(BAR - 2, events.length * 2) : Math.round((percent / 100) * BAR);
  return '━'.repeat(filled).padEnd(BAR, '─');
}

/** Draws operations in place until they have ended. */
export class Screen {
  /** @type {NodeJS.Timeout | undefined} */
  timer = undefined;

  /** @param {NodeJS.WriteStream} terminal @param {readonly Life[]} lives */
  constructor(terminal, lives) {
    this.terminal = terminal;
    this.lives = lives;
  }

  /** Whether a terminal can be drawn on. @param {NodeJS.WriteStream} terminal */
  static fits({ isTTY, rows = 0 }, /** @type {readonly Life[]} */ lives) {
    return isTTY && process.env.TERM !== 'dumb' && !process.env.NO_COLOR && rows > lives.length + 4;
  }

  open() {
    this.terminal.write(HIDE_CURSOR);
    process.once('exit', this.showCursor);
    process.once('SIGINT', this.leave);
    this.timer = setInterval(() => this.draw(), REDRAW_MS);
    this.draw();
  }

  close() {
    clearInterval(this.timer);
    this.draw();
    process.off('SIGINT', this.leave);
    process.off('exit', this.showCursor);
    this.showCursor();
  }

  showCursor = () => void this.terminal.write(SHOW_CURSOR);
  leave = () => process.exit(130);

  draw() {
    const { columns } = this.terminal;
    const lines = linesOf(this.lives, { columns, now: Date.now() });
    // A terminal that became narrower has wrapped the lines.
    const wrapped = this.before.reduce(
      (rows, line) => rows + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns)),
      0,
    );
    moveCursor(this.terminal, 0, -wrapped);
    cursorTo(this.terminal, 0);
    clearScreenDown(this.terminal);
    this.terminal.write(`${lines.join('\n')}\n`);
    this.before = lines;
  }

  /** @type {string[]} */
  before = [];
}

/** Groups of digits with one separator: a number written in groups, or text that contains one. */
export interface Run {
  separator: string | undefined;
  /** The start of each group among all digits of the text, and the end of the last group. */
  bounds: number[];
  /** It follows a plus. */
  isPhoneNumber: boolean;
}

/**
 * True if `isTrueOf` holds for any run of a text. Adjacent runs share the group between them. A run is valid until the
 * next one is visited.
 */
export function someRun(text: string, isTrueOf: (run: Run) => boolean): boolean {
  const run: Run = { separator: undefined, bounds: [], isPhoneNumber: false };
  let count = 0;
  let end = 0;
  for (let from = nextDigit(text, 0); from < text.length; from = nextDigit(text, end)) {
    const separator = run.bounds.length ? separatorOf(text, end, from) : undefined;
    if (separator === undefined || (run.separator ?? separator) !== separator) {
      if (isTrueOf(run)) return true;
      const shared = separator === undefined || areDecimals(run) ? [] : run.bounds.slice(-2, -1);
      run.bounds = [...shared, count];
      run.isPhoneNumber = !shared.length && text[from - 1] === '+';
    }
    run.separator = separator;
    end = from + 1;
    while (isDigit(text, end)) end += 1;
    count += end - from;
    run.bounds.push(count);
  }
  return isTrueOf(run);
}

/** Such as 52.36227206271667: decimals are not a card number. */
export const areDecimals = ({ separator, bounds }: Run) => separator === '.' && bounds.length === 3;

function nextDigit(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isDigit(text, at)) at += 1;
  return at;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= ZERO && code <= NINE;
}

const [ZERO, NINE] = ['0'.charCodeAt(0), '9'.charCodeAt(0)] as const;

/** At most three characters: spaces and dashes in any mix, or one other character, repeated or between spaces. */
function separatorOf(text: string, from: number, to: number): string | undefined {
  if (to - from > 3) return undefined;
  const between = text.slice(from, to);
  if (between === ' ' || between === '-') return ' ';
  if (between in SEPARATORS) return between;
  return /^[\s-]+$/.test(between) ? ' ' : /^\s*([./\\|_+*~])\1*\s*$/.exec(between)?.[1];
}

const SEPARATORS = { '.': true, '/': true, '\\': true, '|': true, _: true, '+': true, '*': true, '~': true };

import cards from 'card-validator';
import { asciiText, percentDecoded } from './ascii-text.js';
import { areDecimals, type Run, someRun } from './digit-runs.js';
import { withoutIdentifiers } from './identifiers.js';

/** Networks define cards of 12 and 13 digits, which are no longer issued; phone numbers of that length are common. */
const SHORTEST = 14;
const LONGEST = 19;
/** In digits (ITU-T E.164). */
const LONGEST_PHONE_NUMBER = 15;

/** How cards print numbers and forms split them: also found among other groups of digits, such as an expiry date. */
const SHAPES = [
  [4, 4, 4, 4],
  [4, 4, 4, 4, 1],
  [4, 4, 4, 4, 2],
  [4, 4, 4, 4, 3],
  [4, 4, 4, 3],
  [4, 4, 4, 2],
  [4, 6, 4],
  [4, 6, 5],
  [6, 8],
  [6, 9],
  [6, 10],
  [6, 13],
];

/**
 * True if a text contains a card number, by Luhn's check digit and the networks' prefixes and lengths.
 * docs/card-data.md lists the spellings that are found, and the rate of false positives.
 */
export function hasCardNumber(text: string): boolean {
  if (text.length < SHORTEST) return false;
  const ascii = asciiText(text);
  // A card's magnetic stripe begins with %B4242…, which looks percent-encoded and is not.
  const decoded = percentDecoded(ascii);
  return isIn(ascii) || (decoded !== undefined && isIn(asciiText(decoded)));
}

/** A quick check that enough digits are close together. */
const ENOUGH_DIGITS = /\d(?:[^\da-z]{0,3}\d){13}/i;

function isIn(text: string): boolean {
  if (!ENOUGH_DIGITS.test(text)) return false;
  const plain = withoutIdentifiers(text);
  const digits = plain.replace(/\D+/g, '');
  return someRun(plain, (run) => holdsCardNumber(digits, run));
}

function holdsCardNumber(digits: string, run: Run): boolean {
  const { bounds } = run;
  const [from = 0, to = 0] = [bounds[0], bounds.at(-1)];
  if (to - from < SHORTEST || (run.isPhoneNumber && to - from <= LONGEST_PHONE_NUMBER)) return false;
  if (areDecimals(run)) return isCardNumber(digits, from, bounds[1] ?? 0);
  if (isCardNumber(digits, from, to)) return true;
  for (let at = 0; at < bounds.length - 1; at += 1) if (beginsCardNumber(digits, bounds, at)) return true;
  return false;
}

function beginsCardNumber(digits: string, bounds: readonly number[], at: number): boolean {
  const length = lengthOf(bounds, at);
  const isCard = (groups: number) => isCardNumber(digits, bounds[at] ?? 0, bounds[at + groups] ?? 0);
  if (length >= SHORTEST) return isCard(1);
  if (lengthOf(bounds, at - 1) !== length && isCard(equallyLong(bounds, at))) return true;
  return (length === 4 || length === 6) && SHAPES.some((shape) => hasShape(bounds, at, shape) && isCard(shape.length));
}

const lengthOf = (bounds: readonly number[], group: number) => (bounds[group + 1] ?? 0) - (bounds[group] ?? 0);

function hasShape(bounds: readonly number[], from: number, shape: readonly number[]): boolean {
  for (let at = 0; at < shape.length; at += 1) if (lengthOf(bounds, from + at) !== shape[at]) return false;
  return true;
}

/** How many groups from `from` on are as long as the first. */
function equallyLong(bounds: readonly number[], from: number): number {
  let at = from + 1;
  while (lengthOf(bounds, at) === lengthOf(bounds, from)) at += 1;
  return at - from;
}

function isCardNumber(digits: string, from: number, to: number): boolean {
  const length = to - from;
  return (
    length >= SHORTEST && length <= LONGEST && passesLuhn(digits, from, to) && isOfANetwork(digits.slice(from, to))
  );
}

const PREFIX = 8;
const { creditCardType } = cards;

/** JCB's oldest cards had 15 digits; with 16, timestamps in microseconds of January 2027 match. */
const DIED_OUT: unknown[] = [1800, 2131];

/**
 * The prefixes of each network, as ranges of the first eight digits, for speed: a client may send thousands of
 * candidates.
 */
const RANGES = Object.values(creditCardType.types)
  .map((type) => creditCardType.getTypeInfo(type))
  .flatMap(({ patterns, lengths }) =>
    patterns.filter((pattern) => !DIED_OUT.includes(pattern)).map((pattern) => ({ lengths, ...rangeOf(pattern) })),
  );

function rangeOf(pattern: number | number[]): { least: number; most: number } {
  const [least = 0, most = least] = Array.isArray(pattern) ? pattern : [pattern];
  const scale = 10 ** (PREFIX - String(least).length);
  return { least: least * scale, most: (most + 1) * scale - 1 };
}

function isOfANetwork(digits: string): boolean {
  const prefix = Number(digits.slice(0, PREFIX));
  return RANGES.some(
    ({ least, most, lengths }) => prefix >= least && prefix <= most && lengths.includes(digits.length),
  );
}

/** ISO/IEC 7812-1: from the right, every second digit is doubled and its digits are added. */
function passesLuhn(digits: string, from: number, to: number): boolean {
  let sum = 0;
  for (let at = to - 1; at >= from; at -= 1) {
    const digit = digits.charCodeAt(at) - ZERO;
    const counts = (to - at) % 2 === 1 ? digit : digit * 2;
    sum += counts > 9 ? counts - 9 : counts;
  }
  return sum % 10 === 0;
}

const ZERO = '0'.charCodeAt(0);

import cards from 'card-validator';

/** Groups of digits with a space or a dash between: what a person or a form would make of a card number. Decimals are none. */
const GROUPS = /(?<!\d|\d\.)\+?\d+(?:[ -]\d+)*/g;

/** Random digits of these would now and then pass for a card: UUIDs, and the long hexadecimal words of hashes and traces. */
const IDENTIFIERS = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\b(?=\d*[a-f])[\da-f]{16,}\b/gi;

/** Networks know cards of 12 and 13 digits, which have died out; a phone number of that length is alive. */
const SHORTEST = 14;
const LONGEST = 19;

/** Whether any neighbouring groups of digits are a card number: by Luhn's check digit and the networks' prefixes and lengths. */
export function hasCardNumber(text: string): boolean {
  if (text.length < SHORTEST) return false;
  const runs = text.replace(IDENTIFIERS, '…').match(GROUPS) ?? [];
  // A plus begins a phone number.
  return runs.some((run) => run.length >= SHORTEST && !run.startsWith('+') && someNeighbours(run.split(/[ -]/), isCardNumber));
}

/** Neighbours, since an expiry date or a security code often stands behind the number. */
function someNeighbours(groups: readonly string[], check: (digits: string) => boolean): boolean {
  return groups.some((_, from) => {
    let digits = '';
    for (let to = from; to < groups.length && digits.length < LONGEST; to += 1) {
      digits += groups[to] ?? '';
      if (digits.length >= SHORTEST && digits.length <= LONGEST && check(digits)) return true;
    }
    return false;
  });
}

const isCardNumber = (digits: string) => isOfANetwork(digits) && passesLuhn(digits);

const PREFIX = 8;
const { creditCardType } = cards;

/** What the numbers of each network begin with, as ranges of their first eight digits: a client may send thousands of candidates. */
const RANGES = Object.values(creditCardType.types)
  .map((type) => creditCardType.getTypeInfo(type))
  .flatMap(({ patterns, lengths }) => patterns.map((pattern) => ({ lengths, ...rangeOf(pattern) })));

function rangeOf(pattern: number | number[]): { least: number; most: number } {
  const [least = 0, most = least] = Array.isArray(pattern) ? pattern : [pattern];
  const scale = 10 ** (PREFIX - String(least).length);
  return { least: least * scale, most: (most + 1) * scale - 1 };
}

function isOfANetwork(digits: string): boolean {
  const prefix = Number(digits.slice(0, PREFIX));
  return RANGES.some(({ least, most, lengths }) => prefix >= least && prefix <= most && lengths.includes(digits.length));
}

/** ISO/IEC 7812-1: from the right, every second digit counts double, by the sum of its digits. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const counts = at % 2 === 0 ? digit : digit * 2;
    sum += counts > 9 ? counts - 9 : counts;
  }
  return sum % 10 === 0;
}

/**
 * Random digits of a UUID, complete or truncated, or of a long hexadecimal hash or trace id, would now and then pass
 * for a card number.
 */
const UUID = /[\da-f]{8}(?:[-_][\da-f]{4}){3}(?:[-_][\da-f]{1,12})?/gi;
/** Requires a letter between digits, other than a single D: chip cards write one between number and expiry date. */
const HEXADECIMAL = /(?<![\da-z])(?=[a-f]*\d+[a-f]+\d)(?!\d+d\d+f?(?![\da-z]))[\da-f]{16,}(?![\da-z])/gi;

/**
 * Countries whose account numbers (IBAN) have only digits, with the number of digits after the two letters (SWIFT's
 * registry).
 */
const COUNTRIES = {
  14: 'BE',
  16: 'DK|FI|FO|GL',
  17: 'SI',
  18: 'AT|BA|EE|LT|LU|XK',
  19: 'CH|HR|LI',
  20: 'CR|DE|ME|RS',
  21: 'AE|IL',
  22: 'CZ|ES|SE|SK|TN',
  23: 'PT',
  24: 'IS',
  26: 'HU|PL',
};
const ibans = Object.entries(COUNTRIES).map(([length, countries]) => `(?:${countries})(?: ?\\d){${length}}`);
const IBAN = new RegExp(`(?<![\\dA-Z])(?:${ibans.join('|')})(?! ?\\d)`, 'g');

/** UPS: six characters of the sender, eight digits, a check digit. */
const UPS = /(?<![\dA-Z])1Z ?[\dA-Z]{3} ?[\dA-Z]{3} ?\d{2} ?\d{4} ?\d{3} ?\d(?![\dA-Z])/g;
/** 22 digits, printed in groups of four. */
const USPS = /(?<!\d ?)9[1-5]\d\d(?: ?\d{4}){4} ?\d\d(?! ?\d)/g;
const AMAZON = /(?<!\d)\d{3}-\d{7}-\d{7}(?!\d)/g;

const HIDDEN = '#';

/** The text without identifiers whose form alone shows that they are not card numbers. */
export function withoutIdentifiers(text: string): string {
  return text
    .replace(UUID, HIDDEN)
    .replace(HEXADECIMAL, HIDDEN)
    .replace(IBAN, (found) => (isIban(found.replaceAll(' ', '')) ? HIDDEN : found))
    .replace(UPS, HIDDEN)
    .replace(USPS, (found) => (isUsps(found.replaceAll(' ', '')) ? HIDDEN : found))
    .replace(AMAZON, HIDDEN);
}

/** ISO 7064, MOD 97-10: country and check digits move to the end, letters count from 10, the remainder is 1. */
function isIban(iban: string): boolean {
  const digits = `${iban.slice(4)}${iban.slice(0, 4)}`.replace(/[A-Z]/g, (letter) =>
    String(Number.parseInt(letter, 36)),
  );
  return BigInt(digits) % 97n === 1n;
}

/** GS1's check digit: from the right, digits have the weights 1 and 3 in turn. */
function isUsps(number: string): boolean {
  const sum = Array.from(number)
    .reverse()
    .reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

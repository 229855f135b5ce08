import cards from 'card-validator';
import { CardNumberRefused } from '../domain/refusals.js';

/** 12 to 19 digits, with a space or a dash between them at most: what a person or a form would make of a card number. */
const LOOKS_LIKE_ONE = /(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)/g;

/**
 * Looks at every key and value, however deep.
 * @throws CardNumberRefused, which names the place and never the number: it must reach no log and no table.
 */
export function refuseCardNumbers(given: unknown, path: readonly string[] = []): void {
  if (typeof given === 'string' || typeof given === 'number') {
    if (hasCardNumber(String(given))) throw CardNumberRefused.at(path.join('.'));
  } else if (typeof given === 'object' && given !== null) {
    for (const [key, value] of Object.entries(given)) {
      if (hasCardNumber(key)) throw CardNumberRefused.at([...path, '(a key)'].join('.'));
      refuseCardNumbers(value, [...path, key]);
    }
  }
}

/** By Luhn's check digit and the networks' prefixes and lengths. */
function hasCardNumber(text: string): boolean {
  return (text.match(LOOKS_LIKE_ONE) ?? []).some((digits) => cards.number(digits).isValid);
}

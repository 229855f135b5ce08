import { CardNumberRefused, InvalidInput } from '../errors/invalid-input.js';
import { hasCardNumber } from './card-numbers.js';
import { walkJson, pathOf, type Place } from './walk-json.js';

/** Deeper than any form, and shallow enough for PostgreSQL and JSON.stringify, which recurse. */
const DEEPEST = 64;

/** PostgreSQL's jsonb accepts neither NUL nor half of a surrogate pair. */
const NOT_TEXT = /[\0\p{Surrogate}]/u;

/**
 * Checks every key, string and number before it is stored or named in a problem.
 * @throws CardNumberRefused, which names the place and never the number: no answer, log or table may hold it.
 * @throws InvalidInput
 */
export function expectStorable(given: unknown): void {
  for (const place of walkJson(given)) {
    const { key, value, within, depth } = place;
    if (depth > DEEPEST) throw violation(pathOf(place), `expected at most ${DEEPEST} levels within each other`);
    const pathOfKey = () => [...(within?.within ? [pathOf(within)] : []), '(a key)'].join('.');
    if (hasCardNumber(key)) throw CardNumberRefused.at(pathOfKey());
    if (NOT_TEXT.test(key) || key === '__proto__')
      throw violation(pathOfKey(), `expected a name for a field, found ${JSON.stringify(key)}`);
    refuseValue(value, place);
  }
}

function refuseValue(value: unknown, place: Place): void {
  if (typeof value !== 'string' && typeof value !== 'number') return;
  const text = String(value);
  if (hasCardNumber(text)) throw CardNumberRefused.at(pathOf(place));
  if (NOT_TEXT.test(text))
    throw violation(pathOf(place), 'expected text without NUL characters and unpaired surrogates');
}

const violation = (path: string, message: string) => InvalidInput.because([{ path, message }]);

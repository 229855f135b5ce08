import { isoTime } from '../time/iso-time.js';

export type Element = string | number | boolean | Date | null | undefined;

/**
 * PostgreSQL's text form of an array. pg writes the same from an array as a parameter, in three times the processor
 * time: it joins the text piece by piece, and writes a time in the zone of the process.
 */
export const arrayLiteral = (elements: readonly Element[]): string => `{${elements.map(elementOf).join(',')}}`;

function elementOf(element: Element): string {
  if (element === null || element === undefined) return 'NULL';
  if (typeof element === 'string') return `"${MUST_BE_ESCAPED.test(element) ? escaped(element) : element}"`;
  return typeof element === 'object' ? `"${isoTime(element)}"` : String(element);
}

const MUST_BE_ESCAPED = /["\\]/;
/** JSON is full of quotes: one expression for both characters takes three times as long. */
const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

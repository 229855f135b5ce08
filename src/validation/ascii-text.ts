/**
 * A text as a reader sees it, in ASCII: digits of every script as 0 to 9, no invisible characters, one kind of space
 * and of dash.
 */
export function asciiText(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return text
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .normalize('NFKC')
    .replace(/(?!\d)\p{Nd}/gu, digitOf)
    .replace(/\p{Z}|\x85/gu, ' ')
    .replace(/\p{Pd}|\u2212/gu, '-')
    .replace(/(?![\0-\x7f])[\p{P}\p{S}]/gu, '.');
}

const PERCENT_ENCODED = /(?:%(?:25)*[\da-f]{2})+/gi;

/** The text percent-decoded as often as it was encoded; undefined if it was not. */
export function percentDecoded(text: string): string | undefined {
  if (!/%[\da-f]{2}/i.test(text)) return undefined;
  return text.replace(PERCENT_ENCODED, (encoded) =>
    Buffer.from(encoded.replace(/%(?:25)*(?=[\da-f]{2})/gi, ''), 'hex').toString(),
  );
}

/** Unicode keeps each script's ten digits together, starting with zero. */
function digitOf(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  let value = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(codePoint - value - 1))) value += 1;
  return String(value % 10);
}

/** Splits at commas outside quotes. */
const ELEMENTS = /(?:"(?:[^"\\]|\\.)*"?|[^,"])+/g;

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";

/** `name`, `name=token` or `name="text"`, with parameters, which are ignored. */
const PREFERENCE = new RegExp(`^\\s*(${TOKEN})\\s*(?:=\\s*(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")?\\s*)?(?:;.*)?$`);

/**
 * A Prefer header (RFC 7240) by lower-case names; the first of each name counts. Unreadable preferences are ignored, as
 * the RFC requires.
 */
export function preferencesOf(prefer = ''): Map<string, string> {
  const preferences = new Map<string, string>();
  for (const [element] of prefer.matchAll(ELEMENTS)) {
    const [, name = '', token, quoted = ''] = PREFERENCE.exec(element) ?? [];
    const key = name.toLowerCase();
    if (key !== '' && !preferences.has(key)) preferences.set(key, token ?? quoted.replace(/\\(.)/g, '$1'));
  }
  return preferences;
}

const MOST = 1000;
const known = new Map<number, string>();

/** As `toISOString`, remembered: each moment of an operation is stored, shown and pushed several times. */
export function isoTime(date: Date): string {
  const ms = date.getTime();
  const remembered = known.get(ms);
  if (remembered !== undefined) return remembered;
  const text = date.toISOString();
  if (known.size === MOST) known.clear();
  known.set(ms, text);
  return text;
}

import type { z } from 'zod';

type Path = readonly PropertyKey[];

/** `safeParse` for JSON: a `null` that the schema does not accept counts as a missing field. */
export function parseJson<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed;
  const nulls = parsed.error.issues.map(({ path }) => path).filter((path) => isNullField(given, path));
  if (nulls.length === 0) return parsed;
  return schema.safeParse(nulls.reduce(without, given));
}

/** Only in an object: removing an item of a list would shift the later ones. */
function isNullField(given: unknown, path: Path): boolean {
  const key = path.at(-1);
  if (key === undefined) return false;
  const holder = path.slice(0, -1).reduce(valueAt, given);
  return !Array.isArray(holder) && valueAt(holder, key) === null;
}

const valueAt = (holder: unknown, key: PropertyKey): unknown =>
  typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? (holder as Record<PropertyKey, unknown>)[key]
    : undefined;

function without(given: unknown, [key = '', ...rest]: Path): unknown {
  const copy = (Array.isArray(given) ? [...(given as unknown[])] : { ...(given as object) }) as Record<
    PropertyKey,
    unknown
  >;
  if (rest.length === 0) Reflect.deleteProperty(copy, key);
  else copy[key] = without(copy[key], rest);
  return copy;
}

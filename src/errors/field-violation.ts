/** One thing that is wrong with what was sent: where, as a dotted path, and what was expected. */
export interface FieldViolation {
  path: string;
  message: string;
}

/** What a schema has found, by Standard Schema; Zod names the fields that it does not know in `keys`. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly keys?: unknown;
}

/** More is of no use to a reader, and an answer should not be larger than its request. */
const MOST = 100;

/** Every wrong field, unknown ones included. `base`: the path of what was checked. */
export function fieldViolationsOf(issues: readonly Issue[], base: readonly string[] = []): FieldViolation[] {
  const found = issues.flatMap(({ message, path = [], keys }) => {
    const place = [...base, ...path.map((part) => String(typeof part === 'object' ? part.key : part))];
    if (!Array.isArray(keys)) return [{ path: place.join('.'), message }];
    return keys.map((key) => ({ path: [...place, String(key)].join('.'), message: 'not known here: leave it out' }));
  });
  return found.slice(0, MOST);
}

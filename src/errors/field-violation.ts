/** One wrong field: its place as a dotted path, and what was expected. */
export interface FieldViolation {
  path: string;
  message: string;
}

/** An issue of a Standard Schema; Zod lists unknown fields in `keys`. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly keys?: unknown;
}

/** More would not help a reader, and an answer should not be larger than its request. */
const MOST = 100;

/** Every wrong field, including unknown ones. `base`: the path of the checked value. */
export function fieldViolationsOf(issues: readonly Issue[], base: readonly string[] = []): FieldViolation[] {
  const found = issues.flatMap(({ message, path = [], keys }) => {
    const place = [...base, ...path.map((part) => String(typeof part === 'object' ? part.key : part))];
    if (!Array.isArray(keys)) return [{ path: place.join('.'), message }];
    return keys.map((key) => ({ path: [...place, String(key)].join('.'), message: 'not known here: leave it out' }));
  });
  return found.slice(0, MOST);
}

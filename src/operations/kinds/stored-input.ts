import type { RegisteredKind } from './kind-register.js';

/** A stored input as its kind expects it now: an input of an earlier version lacks defaults added since. */
export function storedInput({ input: schema }: Pick<RegisteredKind, 'input'>, stored: unknown): never {
  const parsed = schema.safeParse(stored);
  return (parsed.success ? parsed.data : stored) as never;
}

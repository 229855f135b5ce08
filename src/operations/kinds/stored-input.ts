import type { RegisteredKind } from './kind-register.js';

/**
 * An input as its kind expects it now: one that was stored by an earlier version lacks what has got a default since.
 */
export function storedInput({ input: schema }: Pick<RegisteredKind, 'input'>, stored: unknown): never {
  const parsed = schema.safeParse(stored);
  return (parsed.success ? parsed.data : stored) as never;
}

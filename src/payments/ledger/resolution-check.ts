import { DomainError } from '../../errors/domain-error.js';
import { InvalidInput } from '../../errors/invalid-input.js';
import type { Verification } from '../../operations/kinds/operation-kind.js';

const at = (path: string, message: string) => InvalidInput.because([{ path, message }]);

/** Another operation has the reference. */
export const notOfThis = (found: string) =>
  at('outcome.result.reference', `expected the provider’s name of what this operation has made; ${found}`);

/** The provider contradicts the operator. */
export const notSo = (found: string) => at('outcome.status', `expected what the provider says; ${found}`);

/**
 * Checks that the operator found what the operation asked for. @throws InvalidInput that names each field that differs
 */
export function expectSame(
  found: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): void {
  const violations = Object.entries(expected)
    .filter(([field, value]) => found[field] !== value)
    .map(([field, value]) => ({
      path: `outcome.result.${field}`,
      message: `expected ${String(value)}, as it was asked for`,
    }));
  if (violations.length > 0) throw InvalidInput.because(violations);
}

/**
 * `ask` returns why the result is unknown, if it is. It rethrows a domain error; any other error means that the
 * provider cannot be asked.
 * @throws DomainError
 */
export async function verified(ask: () => Promise<string | undefined>): Promise<Verification> {
  try {
    const reason = await ask();
    return reason === undefined ? { type: 'verified' } : { type: 'unverified', reason };
  } catch (error) {
    if (error instanceof DomainError) throw error;
    return { type: 'unverified', reason: error instanceof Error ? error.message : String(error) };
  }
}

import pg from 'pg';
import { type Unknown, unknown } from '../../operations/kinds/outcome.js';
import { notOfThis } from './resolution-check.js';

const UNIQUE_VIOLATION = '23505';

/** The name that a provider or an operator gives belongs to another operation in our ledger. Nothing was stored. */
export class ReferenceTaken extends Error {
  /** @throws ReferenceTaken where `work` would give a second thing the same name; else whatever it throws */
  static async guarding<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw ReferenceTaken.of(error) ?? error;
    }
  }

  /** Undefined where the error is another one. */
  static of(error: unknown): ReferenceTaken | undefined {
    const isTaken =
      error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION && error.constraint?.endsWith('_named_once');
    if (!isTaken) return undefined;
    const message = `The ledger has the name for another operation already: ${error.detail ?? error.message}`;
    return new ReferenceTaken(message, { cause: error });
  }
}

/** A provider’s answer that names another operation’s money tells nothing of this one: a person must look. */
export function unknownIfTaken(error: unknown): Unknown | undefined {
  const taken = error instanceof ReferenceTaken ? error : ReferenceTaken.of(error);
  return taken && unknown('reference_taken', { cause: taken, unexplained: taken.message });
}

/** Of two operations resolved with one name at once, the second is refused. @throws InvalidInput */
export async function refusedIfTaken(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw error instanceof ReferenceTaken ? notOfThis(error.message) : error;
  }
}

import pg from 'pg';
import { type Unknown, unknown } from '../../operations/kinds/outcome.js';
import { notOfThis } from './resolution-check.js';

const UNIQUE_VIOLATION = '23505';

/** The reference that a provider or an operator gave belongs to another operation. Nothing was stored. */
export class ReferenceTaken extends Error {
  /** @throws ReferenceTaken if `work` would store a reference twice; otherwise whatever it throws */
  static async guarding<T>(reference: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw ReferenceTaken.of(error, reference) ?? error;
    }
  }

  /**
   * Undefined for any other error.
   * @param reference since PostgreSQL names no value of a table with row-level security
   */
  static of(error: unknown, reference: string): ReferenceTaken | undefined {
    const isTaken =
      error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION && error.constraint?.endsWith('_named_once');
    if (!isTaken) return undefined;
    return new ReferenceTaken(`The ledger has the name ${reference} for another operation already.`, { cause: error });
  }
}

/** An answer that names another operation's money says nothing about this one: it needs an operator's attention. */
export function unknownIfTaken(error: unknown, reference: string): Unknown | undefined {
  const taken = error instanceof ReferenceTaken ? error : ReferenceTaken.of(error, reference);
  return taken && unknown('reference_taken', { cause: taken, unexplained: taken.message });
}

/** If two operations are resolved with one reference at once, the second is refused. @throws InvalidInput */
export async function refusedIfTaken(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw error instanceof ReferenceTaken ? notOfThis(error.message) : error;
  }
}

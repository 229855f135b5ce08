import pg from 'pg';
import { type Unexplained, unknown } from '../../operations/kinds/outcome.js';
import { notOfThis } from './resolution-check.js';

const UNIQUE_VIOLATION = '23505';

/** The name that a provider or an operator gives belongs to another operation in our ledger. Nothing was stored. */
export class ReferenceTaken extends Error {
  /** @throws ReferenceTaken where `work` would give a second thing the same name; else whatever it throws */
  static async guarding<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const isTaken =
        error instanceof pg.DatabaseError &&
        error.code === UNIQUE_VIOLATION &&
        error.constraint?.endsWith('_named_once');
      if (!isTaken) throw error;
      throw new ReferenceTaken(
        `The books have the name for another operation already: ${error.detail ?? error.message}`,
        { cause: error },
      );
    }
  }
}

/** A provider’s answer that names another operation’s money tells nothing of this one: a person must look. */
export async function unknownIfTaken<T>(
  work: Promise<T>,
): Promise<T | ({ type: 'unknown'; reason: string } & Unexplained)> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ReferenceTaken)) throw error;
    return unknown('reference_taken', { cause: error, unexplained: error.message });
  }
}

/** Of two operations resolved with one name at once, the second is refused. @throws InvalidInput */
export async function refusedIfTaken(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw error instanceof ReferenceTaken ? notOfThis(error.message) : error;
  }
}

import { OperatorError } from '../errors/operator-error.js';
import { migrations } from './migrations/migrations.js';

/**
 * A migration after which a version that does not know it cannot work, since it removes or renames what that one uses,
 * has a name that begins so. All others only add.
 */
const BREAKS = /^Break[A-Z]/;

const KNOWN = new Set(migrations.map((migration) => new migration().name));

/** Which of the migrations that were run keeps this version from working. */
export const breakIn = (run: readonly string[]): string | undefined =>
  run.find((name) => BREAKS.test(name) && !KNOWN.has(name));

/** This version was started on tables that a newer one has changed. */
export class NewerTables extends OperatorError {
  static since(migration: string): NewerTables {
    return new NewerTables(
      `A newer version has changed the tables (${migration}), and this one cannot work with them. Start the newer ` +
        'one again, or restore the backup from before it: docs/upgrading.md, "Back to an older version".',
    );
  }
}

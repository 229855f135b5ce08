import { statement } from '../database/statement.js';

/** Writes a row unchanged: a read-only database and a full disk still answer reads. */
export const WRITE = statement(
  'readiness-write',
  'UPDATE migration SET name = name WHERE id = (SELECT max(id) FROM migration)',
);

export const MIGRATED = statement('readiness-migrated', 'SELECT name FROM migration');

import { statement } from '../database/statement.js';

/** Writes a row unchanged: a read-only database, and one whose log has no room, still answer reads. */
export const WRITE = statement(
  'readiness-write',
  'UPDATE migration SET name = name WHERE id = (SELECT max(id) FROM migration)',
);

/**
 * Makes PostgreSQL write a megabyte to a temporary file. On a full disk it still changes rows in place, and fails where
 * a table must grow.
 */
export const GROW = `SET LOCAL work_mem = '64kB';
SELECT count(*) FROM string_to_table(repeat(repeat('.', 1023) || ',', 1024), ',')`;

export const MIGRATED = statement('readiness-migrated', 'SELECT name FROM migration');

import pg from 'pg';

/** What a row contains, or a constraint (SQLSTATE classes 22 and 23). */
const OF_ITS_CONTENT = /^2[23]/;

/** Whether storing has failed because of what was to be stored: a second attempt would fail alike. */
export const isUnstorable = (error: unknown): boolean =>
  // A cycle or a bigint in JSON; what is nested too deeply, or no time.
  error instanceof TypeError ||
  error instanceof RangeError ||
  (error instanceof pg.DatabaseError && OF_ITS_CONTENT.test(error.code ?? ''));

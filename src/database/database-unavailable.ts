import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { QueryFailedError } from 'typeorm';
import { isSilence } from './connection.js';

/**
 * SQLSTATE classes and codes of conditions that pass by themselves and are not the caller's fault: 08 connection, 53
 * resources (including a full disk), 57 canceled, timed out or shutting down, 58 system; 25006 read-only, as after a
 * failover, 25P03 idle in a transaction; 40001 and 40P01 serialization and deadlock; 55000 a database that accepts no
 * connections; 55P03 an unavailable lock.
 */
const PASSES = /^(08|53|57|58|25006|25P03|40001|40P01|55000|55P03)/;

const OF_THE_CONNECTION =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EMFILE|ENFILE)$/;

/** Errors of pg and its pool that have no code. */
const OF_PG =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (has encountered|was closed)|Cannot use a pool after)/;

/** True if the database cannot serve for now; false if the statement is wrong. */
export function isUnavailable(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof pg.DatabaseError) return PASSES.test(cause.code ?? '');
  if (!isNativeError(cause)) return false;
  const { code = '' } = cause as { code?: string };
  return OF_THE_CONNECTION.test(code) || OF_PG.test(cause.message) || isSilence(cause);
}

/** The same as a sentence, without addresses and accounts. */
export function whyUnavailable(error: unknown): string {
  const cause = causeOf(error);
  const { code = '' } = (cause ?? {}) as { code?: string };
  if (code === '25006') return 'The database is read-only, as a standby is after a failover.';
  if (/^(57014|55P03)/.test(code) || isSilence(cause)) return 'The database has not answered in time.';
  if (code === '53100') return 'The disk of the database is full.';
  if (code === '53300') return 'The database has no connection left.';
  if (/^57P0/.test(code)) return 'The database starts or shuts down.';
  if (/^E[MN]FILE$/.test(code))
    return 'The service, or its machine, has too many files and connections open: see ulimit -n.';
  if (/^28/.test(code))
    return 'The database refuses the login of DATABASE_URL_HOT, or without it the one made from DATABASE_URL.';
  return isUnavailable(cause) ? 'The database cannot be reached.' : 'The database has refused; the log says why.';
}

const causeOf = (error: unknown): unknown =>
  error instanceof QueryFailedError ? (error.driverError as unknown) : error;

import pg from 'pg';
import type { Config } from '../config/config.js';
import { OperatorError } from '../errors/operator-error.js';
import { isUnavailable } from './database-unavailable.js';

/** SQLSTATE 28: bad credentials; 3D000: unknown database; 42501: missing privilege. */
const isUnusable = (error: unknown): error is Error =>
  isUnavailable(error) || (error instanceof pg.DatabaseError && /^(28|3D000|42501)/.test(error.code ?? ''));

const reasonOf = (error: Error) => error.message || (error as NodeJS.ErrnoException).code;

/** The service cannot connect or log in to its database, or lost it during startup. */
export class DatabaseUnusable extends OperatorError {
  /** @param setting the one with the address */
  static at(setting: string, cause: Error): DatabaseUnusable {
    return new DatabaseUnusable(
      `The database of ${setting} cannot be used: ${reasonOf(cause)}. Check that it is there and that the ` +
        'URL is right.',
      { cause },
    );
  }

  /** The same where the service runs the database itself. */
  inEmbedded(directory: string): DatabaseUnusable {
    return new DatabaseUnusable(
      `The embedded PostgreSQL in ${directory} went away: ${reasonOf(this.cause as Error)}. Its log is ` +
        `${directory}/server.log. Start again.`,
      { cause: this.cause },
    );
  }
}

/** The settings with which the service serves: which of them an error belongs to, it does not say. */
export const servingSettings = ({ directUrl, hotUrl }: Pick<Config['database'], 'directUrl' | 'hotUrl'>): string =>
  [
    ...(hotUrl === undefined ? ['DATABASE_URL'] : ['DATABASE_URL_HOT', 'DATABASE_URL_QUERY']),
    ...(directUrl === undefined ? [] : ['DATABASE_DIRECT_URL']),
  ].join(' or ');

/** An error of the database at the address of `setting`, as one that names it; any other as it is. */
export const blaming = (setting: string, error: unknown): unknown =>
  isUnusable(error) ? DatabaseUnusable.at(setting, error) : error;

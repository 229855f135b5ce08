import type { Config } from '../config/config.js';
import { blaming } from './database-unusable.js';
import { migrate } from './migrate.js';
import { type ServingAddresses, servingAddresses } from './roles/serving-logins.js';
import { applicationOf, type Statement } from './statement.js';

type Given = { url: string } & Pick<Config['database'], 'directUrl' | 'hotUrl' | 'queryUrl'>;

/**
 * Migrates the database and makes its logins.
 * @throws DatabaseUnusable, ServingRolesUnusable, each with the name of the setting
 */
export async function prepareDatabase(given: Given, statements: readonly Statement[]): Promise<ServingAddresses> {
  const { url, directUrl = url, hotUrl, queryUrl } = given;
  try {
    await migrate(directUrl, statements);
  } catch (error) {
    throw blaming(given.directUrl === undefined ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL', error);
  }
  return servingAddresses({ url, directUrl, hotUrl, queryUrl, application: applicationOf(statements) });
}

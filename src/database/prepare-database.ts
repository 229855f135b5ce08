import type { Config } from '../config/config.js';
import { blaming } from './database-unusable.js';
import { migrate } from './migrate.js';
import { directSetting, type ServingAddresses, servingAddresses } from './roles/serving-logins.js';
import { applicationOf, type Statement } from './statement.js';

type Given = { url: string } & Pick<Config['database'], 'directUrl' | 'hotUrl' | 'queryUrl'>;

/**
 * Migrates the database and makes its logins.
 * @throws DatabaseUnusable, ServingRolesUnusable, each with the name of the setting
 */
export async function prepareDatabase(given: Given, statements: readonly Statement[]): Promise<ServingAddresses> {
  const { url, directUrl = url, hotUrl, queryUrl } = given;
  const setting = directSetting(url, directUrl);
  try {
    await migrate(directUrl, statements, setting);
  } catch (error) {
    throw blaming(setting, error);
  }
  return servingAddresses({ url, directUrl, hotUrl, queryUrl, application: applicationOf(statements) });
}

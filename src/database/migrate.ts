import { runMigrations } from 'bullmq';
import { DataSource } from 'typeorm';
import { Connection, connectionOptions } from './connection.js';
import { dataSourceOptions } from './data-source.js';
import { breakIn, NewerTables } from './newer-tables.js';
import { doOthersServe, grantRights, makeServingRoles } from './roles/grant-rights.js';
import { makeFunctions } from './roles/make-functions.js';
import { applicationOf, type Statement } from './statement.js';

/** Any number, equal in all processes that migrate. */
const LOCK = 7_305_001;

/**
 * Migrates our tables and the queue's, gives the roles their rights, and makes the functions of the statements. If
 * several processes start together, one migrates and the others wait. It runs before everything else, since a BullMQ
 * object created while the database is unreachable never recovers. It has no time limit: indexing a large table takes
 * as long as it takes.
 *
 * @param setting the one with the address, for a message that its user may not do this
 */
export async function migrate(url: string, statements: readonly Statement[], setting = 'DATABASE_URL'): Promise<void> {
  const client = new Connection(connectionOptions(url, {}));
  await client.connect();
  const dataSource = new DataSource(dataSourceOptions(url, []));
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await expectKnownTables(client);
    await makeServingRoles(client, setting);
    await dataSource.initialize();
    await dataSource.runMigrations();
    await runMigrations(client);
    const othersServe = await doOthersServe(client, applicationOf(statements));
    await grantRights(client, othersServe);
    await makeFunctions(client, statements, othersServe);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await client.end();
  }
}

async function expectKnownTables(client: Connection): Promise<void> {
  const { rows: tables } = await client.query(`SELECT WHERE to_regclass('public.migration') IS NOT NULL`);
  if (tables.length === 0) return;
  const { rows } = await client.query<{ name: string }>('SELECT name FROM public.migration');
  const found = breakIn(rows.map(({ name }) => name));
  if (found) throw NewerTables.since(found);
}

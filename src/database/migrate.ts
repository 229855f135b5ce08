import { runMigrations } from 'bullmq';
import { DataSource } from 'typeorm';
import { Connection, connectionOptions } from './connection.js';
import { dataSourceOptions } from './data-source.js';
import { grantRights, makeServingRoles } from './roles/grant-rights.js';

/** Any number, equal in all processes that migrate. */
const LOCK = 7_305_001;

/**
 * Migrates our tables and the queue's, and gives the roles that serve their rights. If several processes start
 * together, one migrates and the others wait. It runs before everything else, since a BullMQ object created while the
 * database is unreachable never recovers. It has no time limit: indexing a large table takes as long as it takes.
 */
export async function migrate(url: string): Promise<void> {
  const client = new Connection(connectionOptions(url, {}));
  await client.connect();
  const dataSource = new DataSource(dataSourceOptions(url, []));
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await makeServingRoles(client);
    await dataSource.initialize();
    await dataSource.runMigrations();
    await runMigrations(client);
    await grantRights(client);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await client.end();
  }
}

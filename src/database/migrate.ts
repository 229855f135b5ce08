import { runMigrations } from 'bullmq';
import { DataSource } from 'typeorm';
import { Connection, connectionOptions } from './connection.js';
import { dataSourceOptions } from './data-source.js';

/** Any number, the same in every process that migrates. */
const LOCK = 7_305_001;

/**
 * Brings our tables and the queue's to the newest version. Of several processes that start together, one migrates and
 * the others wait. It runs before anything else: a BullMQ object made while the database is unreachable stays dead. It
 * has no time limit: an index of a large table takes as long as it takes.
 */
export async function migrate(url: string): Promise<void> {
  const client = new Connection(connectionOptions(url, {}));
  await client.connect();
  const dataSource = new DataSource(dataSourceOptions(url, []));
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await dataSource.initialize();
    await dataSource.runMigrations();
    await runMigrations(client);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await client.end();
  }
}

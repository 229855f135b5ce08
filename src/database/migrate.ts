import { runMigrations } from 'bullmq';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../ormconfig.js';
import { poolOptions } from './connection.js';

/** Any number, the same for all who migrate. */
const LOCK = 7_305_001;

/**
 * Brings our tables and the queue's to the newest version. Of several processes that start together one does it, and the
 * others wait. It comes before all else: what BullMQ makes while the database cannot be reached stays dead.
 */
export async function migrate(url: string): Promise<void> {
  const client = new pg.Client(poolOptions(url, { max: 1 }));
  await client.connect();
  const dataSource = new DataSource(dataSourceOptions(url));
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

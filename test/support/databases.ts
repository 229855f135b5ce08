import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loginsOf } from '../../src/database/roles/serving-logins.js';

/** Migrated once, and copied for each test file. */
export const TEMPLATE = 'outcome_template';

export function inDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).toString();
}

export interface TestDatabase {
  url: string;
  /** A connection of the test, for looking at tables and breaking things. */
  client: pg.Client;
  drop(): Promise<void>;
}

/** PostgreSQL's own template. */
export const EMPTY = 'template1';

/** A new database, by default migrated, without rows. */
export async function createDatabase(template = TEMPLATE): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL ?? '';
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = inDatabase(server, name);
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return {
    url,
    client,
    drop: async () => {
      await client.end();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
      await onServer(server, `DROP ROLE IF EXISTS ${loginsOf(name).join(', ')}`);
    },
  };
}

/** How many connections wait for a lock in the database of this one. */
export async function lockWaiters(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query(
    `SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted
     AND datname = current_database()`,
  );
  return rowCount ?? 0;
}

/** Runs one statement on a connection of its own. */
export async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  await client.query(statement);
  await client.end();
}

import 'reflect-metadata';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
// Jest loads this file as it is: it takes what `npm test` has built.
import { startEmbeddedPostgres } from '../../dist/src/database/embedded/embedded-postgres.js';
import { migrate } from '../../dist/src/database/migrate.js';
import { findBrowser } from './find-browser.js';

const TEMPLATE = 'outcome_template';

/** One PostgreSQL for the whole run, with a migrated database for each test file to copy. */
export default async function setUp() {
  if (!findBrowser()) console.log('\nThe browser tests are left out: no Chromium was found. Install one, or name it in CHROMIUM_PATH.');
  const dataDir = await mkdtemp(join(tmpdir(), 'outcome-test-'));
  // Run by root, PostgreSQL is another user, who must be able to enter.
  await chmod(dataDir, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off', max_connections: '300' } });
  process.env.TEST_POSTGRES_URL = postgres.url;
  const client = new pg.Client(postgres.url);
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  await migrate(Object.assign(new URL(postgres.url), { pathname: `/${TEMPLATE}` }).toString());
  globalThis.stopPostgres = async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

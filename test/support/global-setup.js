import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBrowser, findRedisServer } from './find-program.js';

const here = (file) => join(import.meta.dirname, file);

/** Starts one PostgreSQL and makes one folder for the whole run; both are removed however the run ends. */
export default async function setUp() {
  if (!findBrowser())
    console.log('\nThe browser tests are left out: no Chromium was found. Install one, or name it in CHROMIUM_PATH.');
  if (!findRedisServer())
    console.log(
      '\nThe tests with Redis are left out: install redis-server or valkey-server, or name it in REDIS_SERVER_PATH.',
    );
  // Detached: signals of the terminal must not end the process that cleans up after the run.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const options = { detached: true, execArgv: [], env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] };
  const postgres = fork(here('postgres-of-the-run.js'), options);
  const ended = once(postgres, 'exit');
  const failed = ended.then(([code]) =>
    Promise.reject(new Error(`The PostgreSQL of the run did not start (exit code ${code}).`)),
  );
  const [{ url, version, folder }] = await Promise.race([once(postgres, 'message'), failed]);
  console.log(`\nOn PostgreSQL ${version}.`);
  process.env.TEST_POSTGRES_URL = url;
  process.env.TMPDIR = folder;
  // Jest's workers stop with the run, too.
  process.env.NODE_OPTIONS =
    `${process.env.NODE_OPTIONS ?? ''} --import=${pathToFileURL(here('lifeline.mjs')).href}`.trim();
  globalThis.stopPostgres = () => {
    postgres.disconnect();
    return ended;
  };
}

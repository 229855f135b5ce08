import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBrowser } from './find-browser.js';

const here = (file) => join(import.meta.dirname, file);

/** One PostgreSQL and one folder for the whole run; whatever ends the run, they go with it. */
export default async function setUp() {
  if (!findBrowser())
    console.log('\nThe browser tests are left out: no Chromium was found. Install one, or name it in CHROMIUM_PATH.');
  // Detached: what a terminal sends to all of the run must not end what cleans up after it.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const options = { detached: true, execArgv: [], env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] };
  const postgres = fork(here('postgres-of-the-run.js'), options);
  const ended = once(postgres, 'exit');
  const failed = ended.then(([code]) =>
    Promise.reject(new Error(`The PostgreSQL of the run did not start (exit code ${code}).`)),
  );
  const [{ url, folder }] = await Promise.race([once(postgres, 'message'), failed]);
  process.env.TEST_POSTGRES_URL = url;
  process.env.TMPDIR = folder;
  // For Jest's workers, which would otherwise go on with their test.
  process.env.NODE_OPTIONS =
    `${process.env.NODE_OPTIONS ?? ''} --import=${pathToFileURL(here('lifeline.mjs')).href}`.trim();
  globalThis.stopPostgres = () => {
    postgres.disconnect();
    return ended;
  };
}

// One process of the service, started again whenever it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { LIFELINE, optionsOfStart } from '../test/support/built-service.mjs';

const ROOT = join(import.meta.dirname, '..');
const AGAIN_AFTER_MS = 1000;

export class Node {
  #stopping = new AbortController();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {Promise<unknown>} */
  #ended;

  /** @param {string} name @param {string} url @param {NodeJS.ProcessEnv} env */
  constructor(name, url, env) {
    this.name = name;
    this.url = url;
    this.#ended = this.#run({ ...process.env, ...env, PORT: new URL(url).port });
  }

  async stop() {
    this.#stopping.abort();
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  /** @param {NodeJS.ProcessEnv} env */
  async #run(env) {
    const { signal } = this.#stopping;
    const program = [...(await optionsOfStart()), '--import', LIFELINE, 'dist/src/main.js'];
    while (!signal.aborted) {
      this.#child = spawn(process.execPath, program, {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        // In a process group of its own, so that Ctrl-C does not interrupt its start; it is stopped here.
        detached: true,
      });
      console.log(`${this.name}  starts as process ${this.#child.pid}`);
      const { stdout } = this.#child;
      if (stdout) createInterface(stdout).on('line', (line) => line.startsWith('{') && console.log(line));
      const [code, killedBy] = await once(this.#child, 'exit');
      if (signal.aborted) return;
      console.log(`${this.name}  has ended with ${killedBy ?? code}, and starts again in a second`);
      await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

// Services and floors on one PostgreSQL server, and the process of the clients.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { CountedLine } from '../test/support/counted-line.mjs';
import { LIFELINE, startService } from '../test/support/built-service.mjs';

/** @typedef {import('./rounds.mjs').Subject} Subject */

const HEAP_PROBE = pathToFileURL(join(import.meta.dirname, 'heap-probe.mjs')).href;

export class Site {
  /** Cleanup at the end, however the bench ends; the last entry first. @type {(() => unknown)[]} */
  undo = [];
  /** @type {(error: Error) => void} */
  giveUp = () => undefined;
  /** @type {Promise<Record<'naive' | 'sameWork' | 'batched', Subject>> | undefined} */
  #floors;
  /** @type {Promise<never>} */
  trouble = new Promise((_, reject) => (this.giveUp = reject));

  /**
   * The service with its embedded server, which also has the databases of all others. @param {string[]} nodeOptions
   */
  async open(nodeOptions) {
    const service = await this.#start({ nodeOptions });
    this.server = /** @type {NonNullable<typeof service.postgres>} */ (service.postgres);
    this.generator = this.#fork('load.mjs');
    this.child = service.child;
    const database = await this.#connect('outcome');
    this.service = this.#subject('service', service.url, [service.pid], database);
    return this.service;
  }

  /** Another service, on a database of its own. @param {string} name @param {Record<string, string>[]} environments */
  async serviceOn(name, environments = [{}], { counted = false } = {}) {
    const { database, url } = await this.#create(name);
    const line = counted ? await CountedLine.to(url) : undefined;
    // Stopped after the service, whose connections it carries.
    if (line) this.undo.push(() => line.stop());
    const services = [];
    for (const env of environments)
      services.push(await this.#start({ env: { DATABASE_URL: line?.url ?? url, ...env } }));
    const subject = this.#subject(
      name,
      services[0].url,
      services.map(({ pid }) => pid),
      database,
    );
    return { subject, services, line: /** @type {CountedLine} */ (line) };
  }

  /** Started on first use. */
  floors() {
    this.#floors ??= (async () => ({
      naive: { ...(await this.other('naive floor', 'floors/naive.mjs')), transport: /** @type {const} */ ('answer') },
      sameWork: await this.other('same work', 'floors/same-work.mjs'),
      batched: await this.other('batched', 'floors/batched.mjs'),
    }))();
    return this.#floors;
  }

  /**
   * A server other than the service, with its own database. @param {string} name @param {string} file
   * @param {NodeJS.ProcessEnv} [env]
   */
  async other(name, file, env) {
    const { database, url } = await this.#create(name);
    const child = this.#fork(file, { ...env, DATABASE_URL: url });
    const [started] = await once(child, 'message');
    return this.#subject(name, started.url, [Number(child.pid)], database);
  }

  /** Another process, which is stopped at the end. @param {string} file */
  helper(file) {
    return this.#fork(file);
  }

  /** Runs the work, and then stops everything that it started. @template Result @param {() => Promise<Result>} work */
  async meanwhile(work) {
    const before = this.undo.length;
    const result = await work();
    for (const step of this.undo.splice(before).reverse()) await step();
    return result;
  }

  /** @param {string} name @param {string} url @param {number[]} pids @param {pg.Client} database @returns {Subject} */
  #subject = (name, url, pids, database) => {
    const stores = [Number(this.server?.pid)];
    return { name, url, pids, stores, database, accepted: 0 };
  };

  /** @param {string} name */
  async #create(name) {
    const quoted = name.toLowerCase().replaceAll(/\W+/g, '_');
    await this.service?.database.query(`CREATE DATABASE ${quoted}`);
    return { database: await this.#connect(quoted), url: String(this.server?.urlOf(quoted)) };
  }

  /** @param {string} name */
  async #connect(name) {
    const database = new pg.Client(this.server?.urlOf(name));
    await database.connect();
    this.undo.push(() => database.end());
    return database;
  }

  /** @param {{ nodeOptions?: string[], env?: NodeJS.ProcessEnv }} options */
  async #start({ nodeOptions = [], env = {} }) {
    let isOver = false;
    const options = { nodeOptions: ['--import', HEAP_PROBE, ...nodeOptions], env };
    const service = await startService({ ...options, undo: this.undo });
    this.undo.push(() => (isOver = true));
    service.ended.then((how) => isOver || this.giveUp(new Error(`A service has ended with ${how}.`)));
    return service;
  }

  /** @param {string} file @param {NodeJS.ProcessEnv} [env] */
  #fork(file, env) {
    const child = fork(join(import.meta.dirname, file), {
      env: { ...process.env, ...env },
      execArgv: ['--import', LIFELINE],
    });
    const ended = once(child, 'exit');
    let isOver = false;
    ended.then(
      ([code, signal]) => isOver || this.giveUp(new Error(`${file} has ended with ${signal ?? code}.`)),
      this.giveUp,
    );
    this.undo.push(() => {
      isOver = true;
      child.kill('SIGKILL');
      return ended;
    });
    return child;
  }
}

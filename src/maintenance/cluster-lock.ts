import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { Connection, connectionOptions } from '../database/connection.js';
import { StopsIn } from '../shutdown/shutdown.js';
import { SECONDS } from '../time/durations.js';

/** Any number, the same in every process. */
const LOCK_CLASS = 7_305_002;

/** PostgreSQL frees the locks of a process that is silent for this long: a suspended process keeps its sockets open. */
const SILENT_AT_MOST = 5 * SECONDS;

/** Session-level advisory locks on one connection: PostgreSQL frees them when the process ends or is cut off. */
@Injectable()
@StopsIn('connections')
export class ClusterLock {
  private connection: Connection | undefined;
  private connecting: Promise<Connection> | undefined;
  private readonly held = new Set<string>();
  /** The queue of statements: a connection takes one at a time. */
  private asked: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(CONFIG.database) private readonly config: Pick<RunningConfig['database'], 'directUrl' | 'timeoutMs'>,
  ) {}

  /**
   * True if this process has the lock; takes it if it is free.
   * @throws pg's error if the database is away
   */
  holds(name: string): Promise<boolean> {
    const answer = this.asked.then(() => this.ask(name));
    this.asked = answer.catch(() => undefined);
    return answer;
  }

  async stop(): Promise<void> {
    await this.asked;
    const connection = await this.connecting?.catch(() => undefined);
    await connection?.end();
  }

  private async ask(name: string): Promise<boolean> {
    const connection = await this.connected();
    if (this.held.has(name)) {
      await connection.query('SELECT');
      return this.held.has(name);
    }
    const { rows } = await connection.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken',
      [LOCK_CLASS, name],
    );
    // The connection may have closed right after its answer, and the lock with it.
    if (rows[0]?.taken && this.connection === connection) this.held.add(name);
    return this.held.has(name);
  }

  private connected(): Promise<Connection> {
    this.connecting ??= this.connect();
    return this.connecting;
  }

  private async connect(): Promise<Connection> {
    const { directUrl, timeoutMs } = this.config;
    const connection = new Connection(connectionOptions(directUrl, { timeoutMs, idleMs: SILENT_AT_MOST }));
    this.connection = connection;
    // A broken connection may end after its successor was made.
    const forget = () => {
      if (this.connection !== connection) return;
      this.connection = undefined;
      this.connecting = undefined;
      this.held.clear();
    };
    connection.once('error', forget).once('end', forget);
    try {
      await connection.connect();
      return connection;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type Cluster, SUPERUSER } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { SECONDS } from '../../time/durations.js';

// Advisory locks are per database, and only Outcome's owner lock is taken in `postgres`.
const LOCK = 1;
const NOTICE_WITHIN_MS = 2 * SECONDS;
const ASK_AGAIN_AFTER_MS = 100;
const GOODBYE_WITHIN_MS = 1 * SECONDS;

const comingOrGoing = new Set(['57P01', '57P02', '57P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** True while the server is starting or shutting down: it may answer in a moment. */
export function isPassing(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  // pg reports a closed connection only by its message.
  return comingOrGoing.has(code ?? '') || /^Connection terminated|timeout/.test(message ?? '');
}

export const urlOf = (port: number, { password }: Cluster, database: string): string =>
  // A PGSSLMODE for another server must not apply to this one.
  `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`;

/**
 * The right to use a data folder, held by one live process: a lock in the server that ends with the connection, even
 * after kill -9.
 */
export class Ownership {
  private released = false;
  /** Resolves if the connection, and with it the lock, is lost without a release. */
  readonly lost: Promise<void>;

  private constructor(private readonly client: pg.Client) {
    this.lost = new Promise((resolve) => client.once('end', () => this.released || resolve()));
  }

  static async take(port: number, cluster: Cluster, dataDir: string): Promise<Ownership> {
    const client = await connectTo(urlOf(port, cluster, 'postgres'));
    try {
      // The server may take a moment to notice that a killed owner is gone.
      for (
        const deadline = performance.now() + NOTICE_WITHIN_MS;
        !(await tryLock(client));
        await pause(ASK_AGAIN_AFTER_MS)
      ) {
        if (performance.now() > deadline) throw await inUse(client, dataDir);
      }
      return new Ownership(client);
    } catch (error) {
      await close(client);
      throw error;
    }
  }

  async createDatabase(name: string): Promise<void> {
    const { rowCount } = await this.client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await this.client.query(`create database ${pg.escapeIdentifier(name)}`);
  }

  /** Call it after the server has stopped; otherwise another process takes over a stopping server. */
  async release(): Promise<void> {
    this.released = true;
    await close(this.client);
  }
}

async function connectTo(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: `Outcome, process ${process.pid}`,
    connectionTimeoutMillis: 5 * SECONDS,
  });
  // Without a listener, a lost connection would end the process; 'end' follows with the same news.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

// A hanging server does not confirm the end of a connection.
const close = (client: pg.Client): Promise<void> =>
  Promise.race([client.end().catch(() => undefined), pause(GOODBYE_WITHIN_MS, undefined, { ref: false })]);

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK]);
  return rows[0]?.locked === true;
}

async function inUse(client: pg.Client, dataDir: string): Promise<EmbeddedPostgresError> {
  const { rows } = await client.query<{ owner: string }>(
    `select application_name as owner from pg_stat_activity join pg_locks using (pid)
      where locktype = 'advisory' and objid = $1 and granted and datname = current_database()`,
    [LOCK],
  );
  return new EmbeddedPostgresError(
    `The data folder ${dataDir} is in use by ${rows[0]?.owner ?? 'another Outcome'}. Stop that one first, or ` +
      'give this one a folder of its own with DATA_DIR.',
  );
}

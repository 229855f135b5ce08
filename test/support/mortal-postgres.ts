import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { binariesFor } from '../../src/database/embedded/binaries.js';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { accountForNewCluster } from '../../src/database/embedded/server-account.js';
import { type DataFolder, dataFolder } from './service-process.js';
import { steadyPort } from './steady-port.mjs';

/** A relaxed commit reaches the disk after ten seconds, and is lost with its server before. */
const SETTINGS = {
  fsync: 'off',
  max_connections: '300',
  wal_writer_delay: '10s',
  bgwriter_lru_maxpages: '0',
  autovacuum: 'off',
};
const STARTS_WITHIN_MS = 120_000;

/** A PostgreSQL server that the test can kill and restart at one address. */
export class MortalPostgres {
  private server?: ChildProcess;

  private constructor(
    private readonly folder: DataFolder,
    private readonly directory: string,
    readonly url: string,
    private readonly pgdata = 'pgdata',
    private readonly settings: Record<string, string> = {},
  ) {}

  static async start(): Promise<MortalPostgres> {
    const folder = await dataFolder('outcome-mortal-');
    const postgres = await this.make(folder);
    await postgres.revive();
    return postgres;
  }

  /** A primary and a standby; each durable commit waits until it is on both. */
  static async startPair(): Promise<[MortalPostgres, MortalPostgres]> {
    const folder = await dataFolder('outcome-mortal-');
    const { directory, url } = await this.make(folder);
    await promisify(execFile)('cp', ['-a', 'pgdata', 'standby'], { cwd: directory });
    await writeFile(join(directory, 'standby', 'standby.signal'), '');
    const { hostname, port, username, password } = new URL(url);
    const free = await steadyPort();
    const primary = new MortalPostgres(folder, directory, url, 'pgdata', { port, synchronous_standby_names: '*' });
    const standby = new MortalPostgres(
      folder,
      directory,
      Object.assign(new URL(url), { port: String(free) }).toString(),
      'standby',
      {
        port: String(free),
        primary_conninfo: `host=${hostname} port=${port} user=${username} password=${password}`,
      },
    );
    await primary.revive();
    await standby.revive();
    const follows = async () =>
      (await primary.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'")).length;
    while ((await follows()) === 0) await wait(50);
    return [primary, standby];
  }

  private static async make(folder: DataFolder): Promise<MortalPostgres> {
    const shipped = await startEmbeddedPostgres({ dataDir: folder.path, settings: SETTINGS });
    await shipped.stop();
    const port = String(await steadyPort());
    const url = Object.assign(new URL(shipped.url), { port }).toString();
    return new MortalPostgres(folder, shipped.directory, url, undefined, { port });
  }

  async revive(): Promise<void> {
    const account = await accountForNewCluster();
    const { postgres } = await binariesFor(account);
    let said = '';
    for (const deadline = Date.now() + STARTS_WITHIN_MS; Date.now() < deadline; await wait(50)) {
      // PostgreSQL refuses to start while a process of its predecessor is alive.
      if (!this.server || hasEnded(this.server)) {
        const own = account && { uid: account.uid, gid: account.gid };
        const options = {
          cwd: this.directory,
          stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'],
          ...own,
        };
        const settings = Object.entries({ config_file: 'server.conf', ...this.settings });
        const args = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
        this.server = spawn(postgres, ['-D', this.pgdata, ...args], options).on(
          'error',
          (error) => (said += String(error)),
        );
        this.server.stderr?.on('data', (chunk) => (said = (said + String(chunk)).slice(-4000)));
      }
      if (await this.answers()) return;
    }
    throw new Error(`PostgreSQL did not start again within ${STARTS_WITHIN_MS} ms: ${said}`);
  }

  /** Kills every process of the server at once, as a power cut would. */
  async kill(): Promise<void> {
    const { server } = this;
    if (!server?.pid || hasEnded(server)) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').catch(() => '');
    for (const pid of [server.pid, ...children.split(' ').filter(Boolean).map(Number)]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    await gone;
  }

  /** Ends every connection, as in a failover. */
  async endConnections(): Promise<void> {
    await this.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
        AND datname = current_database()`,
    );
  }

  async query<Row extends pg.QueryResultRow>(statement: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(statement, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.folder.remove();
  }

  private answers(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { type DataFolder, dataFolder, ServiceProcess } from './service-process.js';

/** PostgreSQL writes only when a client waits: no early commit, and no page, which would also flush the log. */
const NOTHING_UNASKED = `
wal_writer_delay = 10s
bgwriter_lru_maxpages = 0
autovacuum = off
`;

/** A machine that can lose its power: services and their PostgreSQL, whose relaxed commits are then lost. */
export class Machine {
  private readonly services: ServiceProcess[] = [];

  private constructor(private readonly folder: DataFolder) {}

  static async build(): Promise<Machine> {
    const folder = await dataFolder('outcome-machine-');
    const postgres = await startEmbeddedPostgres({ dataDir: folder.path });
    await postgres.stop();
    await appendFile(join(postgres.directory, 'pgdata', 'postgresql.conf'), NOTHING_UNASKED);
    return new Machine(folder);
  }

  /** @returns its address once it is ready. */
  async start(env: Record<string, string> = {}): Promise<string> {
    const service = ServiceProcess.spawn({ DATA_DIR: this.folder.path, ...env });
    this.services.push(service);
    return service.ready();
  }

  async cutPower(): Promise<void> {
    if (this.services.length === 0) return;
    const lock = await readFile(join(this.folder.path, 'postgres', 'pgdata', 'postmaster.pid'), 'utf8');
    process.kill(Number(lock.split('\n')[0]), 'SIGKILL');
    await Promise.all(this.services.splice(0).map((service) => service.kill('SIGKILL')));
  }

  async scrap(): Promise<void> {
    await this.folder.remove();
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisServer } from './find-program.js';
import { eventually } from './service.js';
import { steadyPort } from './steady-port.mjs';

/** The server ends with the shell, and the shell at the end of its input, or when the test's process ends. */
const WITH_THE_TEST = '"$0" "$@" & server=$!; read -r _; kill -9 $server; wait $server';

/** Like `describe`; skipped, with the reason in its name, where there is no server to start. */
export const describeWithRedis = (name: string, body: () => void): void =>
  findRedisServer() ? describe(name, body) : describe.skip(`${name} (left out: no redis-server was found)`, body);

/** A Redis that the test can stop, empty and start again at one address. */
export class RedisOfTheTest {
  private server: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: readonly string[],
    /** The test's own connection. */
    readonly client: Redis,
  ) {}

  /** @param settings such as `--requirepass secret` */
  static async start(...settings: string[]): Promise<RedisOfTheTest> {
    const port = await steadyPort();
    const client = new Redis({ port, lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    const redis = new RedisOfTheTest(await mkdtemp(join(tmpdir(), 'outcome-redis-')), port, settings, client);
    await redis.revive();
    return redis;
  }

  /** A cluster of one node, which has all slots. */
  static async startCluster(): Promise<RedisOfTheTest> {
    const redis = await this.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    await redis.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually(async () => /cluster_state:ok/.test(String(await redis.client.call('CLUSTER', 'INFO'))));
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it at once; what it had in memory is lost, unless a setting has it write to the disk. */
  async kill(): Promise<void> {
    this.server?.stdin?.end();
    await this.ended;
  }

  async revive(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const server = spawn('sh', ['-c', WITH_THE_TEST, findRedisServer() ?? '', ...args, ...this.settings], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.server = server;
    this.ended = once(server, 'exit');
    await eventually(() => answers(this.port));
  }

  async remove(): Promise<void> {
    this.client.disconnect();
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Also a refusal (a password is missing, the data is still loading) is an answer. */
async function answers(port: number): Promise<boolean> {
  const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    client.disconnect();
    return true;
  } catch {
    return false;
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { access, chmod, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const READY = /Outcome is ready[\s\S]*?(https?:\/\/[^\s/]+)/;
const PATIENCE_MS = 100_000;

/** A service must not outlive its test (test/support/lifeline.mjs). */
const LIFELINE = ['--import', pathToFileURL(resolve('test/support/lifeline.mjs')).href];

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

export interface Usage {
  /** Of all its threads. */
  cpuMs: number;
  heapMb: number;
}

/** The built service in a process of its own, as `npm start` runs it. */
export class ServiceProcess {
  private static readonly alive = new Set<ServiceProcess>();
  private output = '';
  private reports = 0;
  readonly ended: Promise<Ended>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk) => (this.output += String(chunk)));
    child.stderr?.on('data', (chunk) => (this.output += String(chunk)));
    ServiceProcess.alive.add(this);
    this.ended = new Promise((resolve) =>
      child.on('close', (code, signal) => {
        ServiceProcess.alive.delete(this);
        resolve({ code, signal, output: this.output });
      }),
    );
  }

  /** @param openFiles the limit of open files; by default unchanged */
  static spawn(env: Record<string, string>, openFiles?: number): ServiceProcess {
    const command = [process.execPath, ...LIFELINE, 'dist/src/main.js'];
    return this.run(
      openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, ...command],
      env,
    );
  }

  /** Several nodes behind a load balancer, as `npm run cluster` runs them. */
  static spawnCluster(env: Record<string, string>): ServiceProcess {
    return this.run([process.execPath, ...LIFELINE, 'cluster/cluster.mjs'], env);
  }

  /** Runs `npm start`, which finds an existing build. */
  static async spawnByNpm(env: Record<string, string>): Promise<ServiceProcess> {
    const [folder, npm] = await Promise.all([mkdtemp(join(tmpdir(), 'outcome-npm-')), which('npm')]);
    await writeFile(join(folder, 'npm'), '#!/bin/sh\n', { mode: 0o755 });
    return this.run([process.execPath, ...LIFELINE, npm, 'start'], {
      PATH: `${folder}:${process.env['PATH']}`,
      ...env,
    });
  }

  private static run([program = '', ...args]: string[], env: Record<string, string>): ServiceProcess {
    const settings = {
      PORT: '0',
      LOG_LEVEL: 'warn',
      SANDBOX_LATENCY_MS: '0',
      JOB_LOCK_MS: '1500',
      WATCHDOG_MS: '500',
      ...env,
    };
    const { PATH, HOME } = process.env;
    return new ServiceProcess(
      spawn(program, args, { env: { PATH, HOME, ...settings }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }),
    );
  }

  /** Cleans up after a test that failed half-way. */
  static async killAll(): Promise<void> {
    await Promise.all([...this.alive].map((service) => service.kill('SIGTERM')));
  }

  /** The service's address once it is ready. Throws if the service ends before. */
  async ready(withinMs = PATIENCE_MS): Promise<string> {
    const url = new Promise<string>((resolve) => {
      const look = () => {
        const [, found] = READY.exec(this.output) ?? [];
        if (found) resolve(found);
      };
      this.child.stdout?.on('data', look);
      look();
    });
    const failed = this.ended.then(({ code, output }) =>
      Promise.reject(new Error(`The service ended with ${code}:\n${output}`)),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>(
      (_, reject) =>
        (timer = setTimeout(() => reject(new Error(`Not ready within ${withinMs} ms:\n${this.output}`)), withinMs)),
    );
    return Promise.race([url, failed, late]).finally(() => clearTimeout(timer));
  }

  /** What it has used so far, if test/hostile/usage-reporter.mjs is preloaded. @param collected after its garbage is */
  usage(collected = false): Promise<Usage> {
    const report = ++this.reports;
    return new Promise((resolve) => {
      const take = (message: unknown) => {
        if ((message as { report?: number }).report !== report) return;
        this.child.off('message', take);
        resolve(message as Usage);
      };
      this.child.on('message', take);
      this.child.send({ report, collected });
    });
  }

  get isAlive(): boolean {
    return ServiceProcess.alive.has(this);
  }

  async kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  /** For `SIGSTOP` and `SIGCONT`, which do not end it. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** All output of the service. */
  get said(): string {
    return this.output;
  }
}

export interface DataFolder {
  path: string;
  remove(): Promise<void>;
}

/** A new data folder; removing it stops a PostgreSQL that a killed service left there. */
export async function dataFolder(name = 'outcome-process-'): Promise<DataFolder> {
  const path = await mkdtemp(join(tmpdir(), name));
  // As root, PostgreSQL runs under another account, which must be able to enter.
  await chmod(path, 0o711);
  return {
    path,
    remove: async () => {
      await ServiceProcess.killAll();
      if (await exists(join(path, 'postgres', 'pgdata', 'postmaster.pid'))) {
        const { startEmbeddedPostgres } = await import('../../src/database/embedded/embedded-postgres.js');
        await (await startEmbeddedPostgres({ dataDir: path })).stop();
      }
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A port in use by another server. */
export async function takenPort(): Promise<{ port: number; free(): Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  return { port, free: () => new Promise((resolve) => server.close(() => resolve())) };
}

const exists = (file: string, mode?: number) =>
  access(file, mode).then(
    () => true,
    () => false,
  );

async function which(program: string): Promise<string> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, program);
    if (await exists(file, constants.X_OK)) return file;
  }
  throw new Error(`Expected ${program} in PATH, found none.`);
}

import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OperationEventView, OperationView } from '../../src/operations/contract/operation-view.js';
import { type DataFolder, dataFolder, ServiceProcess, takenPort } from '../support/service-process.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

async function post(url: string, kind: string, input: unknown): Promise<OperationView> {
  const response = await fetch(`${url}/api/operations`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind, input }),
  });
  return (await response.json()) as OperationView;
}

const get = async <T>(url: string, headers: Record<string, string> = {}): Promise<T> =>
  (await (await fetch(url, { headers })).json()) as T;

/** True if a PostgreSQL runs on this data folder. */
const hasServer = (dataDir: string) => existsSync(join(dataDir, 'postgres', 'pgdata', 'postmaster.pid'));

describe('a service on its own data folder', () => {
  let folder: DataFolder;
  beforeAll(async () => void (folder = await dataFolder('outcome with a space-')));
  afterEach(() => ServiceProcess.killAll());
  afterAll(() => folder.remove());

  test('ends with 0 at SIGTERM and hands back running jobs, which the next start continues', async () => {
    // Without being handed back, it would wait for its lock to end.
    const env = { DATA_DIR: folder.path, SHUTDOWN_MS: '1000', JOB_LOCK_MS: '600000' };
    const first = ServiceProcess.spawn({ ...env, SANDBOX_LATENCY_MS: '25000' });
    const url = await first.ready();
    expect(hasServer(folder.path)).toBe(true);
    const { id } = await post(url, 'payment.charge', CHARGE);
    while ((await get<OperationView>(`${url}/api/operations/${id}`)).status !== 'processing');
    const stopped = await first.kill('SIGTERM');
    expect(stopped).toMatchObject({ code: 0 });
    expect(hasServer(folder.path)).toBe(false);

    const second = ServiceProcess.spawn(env);
    const again = await second.ready();
    let operation = await get<OperationView>(`${again}/api/operations/${id}`, { Prefer: 'wait=10' });
    while (!operation.done)
      operation = await get<OperationView>(`${again}/api/operations/${id}`, { Prefer: 'wait=10' });
    expect(operation).toMatchObject({ status: 'success', result: { amount: 1999 } });
    const { items } = await get<{ items: OperationEventView[] }>(`${again}/api/operations/${id}/events`);
    expect(items.filter(({ type }) => type === 'operation.retrying').map(({ detail }) => detail)).toEqual([
      { attempt: 2, reason: 'worker_lost', nextAttemptAt: null },
    ]);

    expect(await second.kill('SIGINT')).toMatchObject({ code: 0 });
    expect(hasServer(folder.path)).toBe(false);
  });

  test('stops gracefully at a signal that arrives twice, from the terminal and from npm', async () => {
    const service = ServiceProcess.spawn({ DATA_DIR: folder.path });
    await service.ready();
    service.signal('SIGINT');
    expect(await service.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(hasServer(folder.path)).toBe(false);
  });

  test('stops when npm, which started it, gets the signal', async () => {
    const npm = await ServiceProcess.spawnByNpm({ DATA_DIR: folder.path });
    const url = await npm.ready();
    expect(await npm.kill('SIGTERM')).toMatchObject({ code: 0, signal: null });
    await expect(fetch(url)).rejects.toThrow();
    expect(hasServer(folder.path)).toBe(false);
  });

  test('runs beside another one with its own folder and port', async () => {
    const folders = await Promise.all([dataFolder(), dataFolder()]);
    const both = folders.map(({ path }) => ServiceProcess.spawn({ DATA_DIR: path }));
    const urls = await Promise.all(both.map((service) => service.ready()));
    const started = await Promise.all(urls.map((url) => post(url, 'payment.charge', CHARGE)));
    expect(started.map(({ status }) => status)).toEqual(['pending', 'pending']);
    expect(new Set(started.map(({ id }) => id)).size).toBe(2);
    expect((await Promise.all(both.map((service) => service.kill('SIGTERM')))).map(({ code }) => code)).toEqual([0, 0]);
    await Promise.all(folders.map(({ path }) => rm(path, { recursive: true, force: true })));
  });
});

describe('a start that cannot succeed ends with 1 and one clear sentence', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcome-refused-'));
    await chmod(folder, 0o711);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const refused = async (env: Record<string, string>) => {
    const { code, output } = await ServiceProcess.spawn({ DATA_DIR: join(folder, 'data'), ...env }).ended;
    expect(output).not.toMatch(/\n\s+at |"stack"/);
    return { code, output: output.trim() };
  };

  test('if the port is in use', async () => {
    const { port, free } = await takenPort();
    expect(await refused({ PORT: String(port) })).toEqual({
      code: 1,
      output:
        `Outcome cannot start. Port ${port} on 127.0.0.1 is taken. Stop what listens there, or choose another ` +
        'with PORT.',
    });
    await free();
    expect(hasServer(join(folder, 'data'))).toBe(false);
  });

  test('if it may not open enough files', async () => {
    const { code, output } = await ServiceProcess.spawn({ DATA_DIR: join(folder, 'data') }, 256).ended;
    expect(output.trim()).toMatch(
      /^Outcome cannot start\. It needs \d+ open files, each connection being one, and may have 256\. Raise the limit: /,
    );
    expect(code).toBe(1);
  });

  test('if the host is no address of this machine', async () => {
    expect(await refused({ HOST: '192.0.2.1', ACCESS_GUARDED_IN_FRONT: 'true' })).toEqual({
      code: 1,
      output:
        'Outcome cannot start. 192.0.2.1 is no address of this machine. Set HOST to one that it has, such as ' +
        '127.0.0.1.',
    });
  });

  test.each(['postgres://user:pa#ss@127.0.0.1/x', 'postgres://user:%zz@127.0.0.1/x'])(
    'if DATABASE_URL is %s',
    async (url) => {
      const { code, output } = await refused({ DATABASE_URL: url });
      expect(code).toBe(1);
      expect(output).toContain('DATABASE_URL: cannot be read as an address');
      expect(output).not.toContain(url);
    },
  );

  test('if settings are invalid, naming each', async () => {
    const { code, output } = await refused({
      PORT: 'eighty',
      ROLES: 'api,cook',
      WORKER_CONCURRENCY: '0',
      REDIS_URL: 'http://:secret@127.0.0.1',
    });
    expect(code).toBe(1);
    for (const name of ['PORT', 'ROLES', 'WORKER_CONCURRENCY', 'REDIS_URL'])
      expect(output).toMatch(new RegExp(`^  ${name}: `, 'm'));
    expect(output).toContain('found "eighty"');
    expect(output).not.toContain('secret');
  });

  test('if JWT_MAX_SCOPES has a scope that does not exist', async () => {
    const env = { AUTH_MODE: 'jwt', JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'outcome' };
    const keys = { JWT_SECRET: 'x'.repeat(32), TOKEN_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}` };
    expect(await refused({ ...env, ...keys, JWT_MAX_SCOPES: 'operations:read,operations:fly' })).toEqual({
      code: 1,
      output:
        'Outcome cannot start. The environment has settings that cannot be used:\n  JWT_MAX_SCOPES: expected scopes ' +
        'of docs/access.md, and not operations:fly, found "operations:read,operations:fly"',
    });
    expect(hasServer(join(folder, 'data'))).toBe(false);
  });

  test('if the data folder is a file', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const { code, output } = await refused({ DATA_DIR: file });
    expect(code).toBe(1);
    expect(output).toContain(file);
    expect(output.split('\n')).toHaveLength(1);
  });

  test('if no server answers at DATABASE_URL', async () => {
    const { code, output } = await refused({ DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' });
    expect(code).toBe(1);
    expect(output).toMatch(/^Outcome cannot start\. The database of DATABASE_URL cannot be used: .*ECONNREFUSED/);
    expect(output).not.toContain('secret');
  });

  test('if no Redis answers at REDIS_URL', async () => {
    const { code, output } = await refused({ REDIS_URL: 'redis://:secret@127.0.0.1:1' });
    expect(code).toBe(1);
    expect(output).toMatch(/^Outcome cannot start\. The Redis of REDIS_URL cannot be used: .*ECONNREFUSED/);
    expect(output).not.toContain('secret');
  });
});

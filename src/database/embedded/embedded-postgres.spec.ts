import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { shippedBinaries } from './binaries.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { run } from './run-program.js';
import { accountForNewCluster, isRoot } from './server-account.js';

const settings = { fsync: 'off', shared_buffers: '16MB' };

let temp: string;
let program: string;
let made: string;
const children: ChildProcess[] = [];
let clusters = new Set<string>();

// The server's account may enter the folder, so that clusters stay in it when root runs the tests.
beforeAll(async () => {
  temp = await realpath(await mkdtemp(join(tmpdir(), 'outcome-embedded-')));
  await chmod(temp, 0o755);
  program = await writeProgram(temp);
  made = newDataDir();
  await (await start(made)).stop();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const directory of clusters) {
    const pid = Number(
      (await readFile(join(directory, 'pgdata/postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
    );
    if (pid) process.kill(pid, 'SIGQUIT');
    if (!directory.startsWith(temp)) await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  }
  clusters = new Set();
});

afterAll(() => rm(temp, { recursive: true, force: true, maxRetries: 10 }));

describe(`the embedded server, started by ${isRoot() ? 'root' : 'an ordinary user'}`, () => {
  test('keeps what was written when it is stopped and started again', async () => {
    const dataDir = newDataDir();
    const first = await start(dataDir);
    await query(first.url, 'create table kept as select 42 as answer');
    await Promise.all([first.stop(), first.stop()]);
    await expect(query(first.url, 'select')).rejects.toThrow('ECONNREFUSED');

    const second = await start(dataDir);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  test('listens on loopback only, behind a password, with the durability that PostgreSQL ships', async () => {
    const { url, stop } = await start(await madeDataDir(), {});
    const shown = await query(
      url,
      `select current_setting('listen_addresses') as host, current_setting('unix_socket_directories') as sockets,
        current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
          current_setting('server_encoding') as encoding,
        current_setting('max_connections') as connections, current_database() as database`,
    );
    expect(shown).toEqual([
      {
        host: '127.0.0.1',
        sockets: '',
        fsync: 'on',
        commit: 'on',
        encoding: 'UTF8',
        connections: '100',
        database: 'outcome',
      },
    ]);
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'select')).rejects.toThrow('password authentication failed');
    await stop();
  });

  test('runs twice at once, in a path with spaces and in a relative one', async () => {
    const spaced = join(newDataDir(), 'a b', 'c d');
    const [first, second] = await Promise.all([start(spaced), start(relative(process.cwd(), await madeDataDir()))]);
    expect(first.directory).toBe(join(spaced, 'postgres'));
    await query(first.url, 'create table mine()');
    await expect(query(second.url, 'select from mine')).rejects.toThrow('does not exist');
    await Promise.all([first.stop(), second.stop()]);
  });

  test('gives one data folder to one of two starting processes, and names it to the other', async () => {
    const dataDir = newDataDir();
    const results = await Promise.allSettled([start(dataDir), start(dataDir)]);
    const winner = results.find((result) => result.status === 'fulfilled')?.value;
    const error = results.find((result) => result.status === 'rejected')?.reason as Error;
    expect(error).toBeInstanceOf(EmbeddedPostgresError);
    expect(error.message).toContain(`${dataDir} is in use by Outcome, process ${process.pid}.`);
    expect(await filesOf(winner)).toEqual(['pgdata', 'server.conf', 'server.log']);

    await query(winner!.url, 'create table kept as select 42 as answer');
    await winner!.stop();
    const next = await start(dataDir);
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await next.stop();
  });

  test('takes over the server of a process that was killed', async () => {
    const dataDir = await madeDataDir();
    const killed = await startInChild(dataDir);
    await query(killed.url, 'create table kept as select pg_postmaster_start_time() as since');
    await end(killed.child, 'SIGKILL');

    const heir = await start(dataDir);
    expect(heir.url).toBe(killed.url);
    expect(await query(heir.url, 'select since = pg_postmaster_start_time() as same from kept')).toEqual([
      { same: true },
    ]);
    await heir.stop();
    await expect(query(heir.url, 'select')).rejects.toThrow('ECONNREFUSED');
  });

  test('outlives Ctrl-C, and waits for a server that is still shutting down', async () => {
    const dataDir = await madeDataDir();
    const { child, url, directory } = await startInChild(dataDir);
    const pid = Number((await readFile(join(directory, 'pgdata/postmaster.pid'), 'utf8')).split('\n')[0]);
    const ended = once(child, 'exit');
    // A terminal sends the signal to the whole process group.
    process.kill(-child.pid!, 'SIGINT');
    await ended;
    await query(url, 'create table kept as select 42 as answer');

    // A smart shutdown waits until the last client disconnects.
    const lingering = await connect(url);
    process.kill(pid, 'SIGTERM');
    const [next] = await Promise.all([start(dataDir), pause(300).then(() => lingering.end())]);
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await next.stop();
  });

  test('starts over after it was killed while making the cluster', async () => {
    const killedAtIt = async (): Promise<string> => {
      const dataDir = newDataDir();
      const child = spawnProgram(dataDir);
      while (!(await filesIn(join(dataDir, 'postgres'))).some((name) => name.startsWith('pgdata'))) await pause(5);
      await end(child, 'SIGKILL');
      // On a busy machine, the cluster may be complete before the test sees it being made.
      return (await filesIn(join(dataDir, 'postgres'))).includes('pgdata') ? killedAtIt() : dataDir;
    };
    const dataDir = await killedAtIt();

    const { url, directory, stop } = await start(dataDir);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await stop();
    await (await start(dataDir)).stop();
    expect(await filesIn(directory)).toEqual(['pgdata', 'server.conf', 'server.log']);
  });

  test('starts despite a lock file whose process id now belongs to another program', async () => {
    const dataDir = await madeDataDir();
    const { directory, stop } = await start(dataDir);
    await stop();
    const account = await accountForNewCluster();
    const stranger = spawn('sleep', ['60'], account && { uid: account.uid, gid: account.gid });
    children.push(stranger);
    await writeFile(
      join(directory, 'pgdata/postmaster.pid'),
      `${stranger.pid}\n${directory}/pgdata\n1\n1\n\n127.0.0.1\n`,
    );

    const { url, stop: stopAgain } = await start(dataDir);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await stopAgain();
  });

  test('keeps its claim to the data folder through a crash inside the server', async () => {
    const dataDir = await madeDataDir();
    const { url, stop } = await start(dataDir);
    const admin = url.replace('/outcome?', '/postgres?');
    const owner = (): Promise<{ pid: number }[]> =>
      query(admin, "select pid from pg_locks where locktype = 'advisory' and granted");
    const [before] = await owner();
    process.kill(before!.pid, 'SIGKILL');
    let after: { pid: number } | undefined;
    while (!after || after.pid === before!.pid) {
      await pause(50);
      [after] = await owner().catch(() => []);
    }
    await stop();
    await expect(query(url, 'select')).rejects.toThrow('ECONNREFUSED');
  });

  test('serves a data folder that only its owner can enter', async () => {
    const dataDir = newDataDir();
    await mkdir(dataDir, { mode: 0o700 });
    const first = await start(dataDir);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    if (isRoot()) {
      expect(await readlink(join(dataDir, 'postgres'))).toBe(first.directory);
      expect(first.directory).toMatch(/^\/var\/lib\/outcome\/clusters\//);
    } else {
      expect(first.directory).toBe(join(dataDir, 'postgres'));
    }

    const second = await start(dataDir);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  test('refuses to make an empty database if the previous one was moved away', async () => {
    const dataDir = newDataDir();
    await mkdir(dataDir);
    await symlink(join(dataDir, 'gone'), join(dataDir, 'postgres'));
    await expect(start(dataDir)).rejects.toThrow(`was kept in ${join(dataDir, 'gone')}`);
  });

  test('says so when DATA_DIR is a file, or lies under one', async () => {
    const file = newDataDir();
    await writeFile(file, '');
    await expect(start(file)).rejects.toThrow(`DATA_DIR must be a folder, and ${file} is a file`);
    await expect(start(join(file, 'data'))).rejects.toThrow(EmbeddedPostgresError);
  });

  test('says so when DATA_DIR cannot be written', async () => {
    const closed = newDataDir();
    await mkdir(closed, { mode: 0o555 });
    // Root passes all permissions except those of the kernel's own file systems.
    const dataDir = isRoot() ? '/dev/fd/outcome' : closed;
    await expect(start(dataDir)).rejects.toThrow(
      `DATA_DIR must be a folder that Outcome may write, and ${dataDir} is not`,
    );
  });

  test('says so when the cluster was made by another version, and leaves it as it is', async () => {
    const dataDir = await madeDataDir();
    const { directory, stop } = await start(dataDir);
    await stop();
    const { major } = await shippedBinaries();
    await writeFile(join(directory, 'pgdata/PG_VERSION'), '13\n');
    await expect(start(dataDir)).rejects.toThrow(
      `was made by PostgreSQL 13, and this Outcome comes with PostgreSQL ${major}`,
    );
    await writeFile(join(directory, 'pgdata/PG_VERSION'), `${major}\n`);
    await (await start(dataDir)).stop();
  });

  test('says so when a setting is refused, and starts once it is corrected', async () => {
    const dataDir = await madeDataDir();
    await expect(start(dataDir, { ...settings, max_connections: 'many' })).rejects.toThrow(
      /PostgreSQL did not start in .*server\.conf" contains errors\. Its log is /,
    );
    await (await start(dataDir)).stop();
  });
});

// Copying a cluster is several times faster than making one.
async function madeDataDir(): Promise<string> {
  const dataDir = newDataDir();
  expect(await run('cp', ['-Rp', made, dataDir])).toEqual({ code: 0, output: '' });
  return dataDir;
}

let counter = 0;
function newDataDir(): string {
  const dataDir = join(temp, `data-${++counter}`);
  clusters.add(join(dataDir, 'postgres'));
  return dataDir;
}

async function start(dataDir: string, chosen: Record<string, string> = settings): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, settings: chosen });
  clusters.add(server.directory);
  return server;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = await connect(url);
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const filesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
const filesOf = async (server?: EmbeddedPostgres): Promise<string[]> => filesIn(server?.directory ?? '');

// A process that can be killed. Node runs no TypeScript, so it uses the build of `npm test`.
async function writeProgram(folder: string): Promise<string> {
  const main = join(folder, 'program.mjs');
  const embedded = pathToFileURL(resolve('dist/src/database/embedded/embedded-postgres.js')).href;
  await writeFile(
    main,
    `import { startEmbeddedPostgres } from '${embedded}';
    const { url, directory } = await startEmbeddedPostgres({
        dataDir: process.argv[2], settings: ${JSON.stringify(settings)} });
    process.stdout.write(JSON.stringify({ url, directory }) + '\\n');`,
  );
  return main;
}

function spawnProgram(dataDir: string): ChildProcess {
  const lifeline = pathToFileURL(resolve('test/support/lifeline.mjs')).href;
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const;
  const child = spawn(process.execPath, ['--import', lifeline, program, dataDir], {
    stdio: [...stdio],
    detached: true,
  });
  children.push(child);
  return child;
}

async function startInChild(dataDir: string): Promise<{ child: ChildProcess; url: string; directory: string }> {
  const child = spawnProgram(dataDir);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { url: string; directory: string }) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

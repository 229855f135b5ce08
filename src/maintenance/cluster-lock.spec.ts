import type { Connection } from '../database/connection.js';
import { createDatabase, type TestDatabase } from '../../test/support/databases.js';
import { ClusterLock } from './cluster-lock.js';
import { SECONDS } from '../time/durations.js';

let database: TestDatabase;
let locks: ClusterLock[];
beforeAll(async () => (database = await createDatabase()));
afterAll(() => database.drop());
beforeEach(() => {
  locks = [0, 1].map(() => new ClusterLock({ directUrl: database.url, timeoutMs: 10 * SECONDS }));
});
afterEach(() => Promise.all(locks.map((lock) => lock.stop())));

const holders = (name: string) => Promise.all(locks.map((lock) => lock.holds(name)));

/** The process that holds the lock is silent meanwhile. */
async function until(other: ClusterLock, name: string, withinMs: number): Promise<boolean> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline;) {
    if (await other.holds(name)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

test('one process keeps a lock, while another process may hold another lock', async () => {
  const [first, second] = locks as [ClusterLock, ClusterLock];
  expect(await first.holds('a')).toBe(true);
  expect(await second.holds('b')).toBe(true);
  for (let turn = 0; turn < 3; turn += 1)
    expect([await holders('a'), await holders('b')]).toEqual([
      [true, false],
      [false, true],
    ]);
});

test('many concurrent calls run one statement after the other', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on('warning', warn);
  const names = Array.from({ length: 10 }, (_, at) => `lock ${at}`);
  const [first] = locks as [ClusterLock, ClusterLock];
  expect(await Promise.all(names.map((name) => first.holds(name)))).toEqual(names.map(() => true));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warn);
  expect(warnings).toEqual([]);
});

test('a process that stops or is cut off loses its lock and notices', async () => {
  const [first, second] = locks as [ClusterLock, ClusterLock];
  expect(await first.holds('a')).toBe(true);
  await database.client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND datname = current_database()`,
  );
  expect(await until(second, 'a', 30 * SECONDS)).toBe(true);
  expect(await first.holds('a').catch(() => false)).toBe(false);
  await second.stop();
  expect(await until(first, 'a', 30 * SECONDS)).toBe(true);
});

test('a process that is silent for five seconds, such as a suspended one, loses its locks', async () => {
  const [first, second] = locks as [ClusterLock, ClusterLock];
  expect(await second.holds('another')).toBe(true);
  expect(await first.holds('a')).toBe(true);
  const since = performance.now();
  const isLost = await until(second, 'a', 1 * SECONDS);
  // On a machine that was held up, five seconds may have passed.
  expect(isLost && performance.now() - since < 4 * SECONDS).toBe(false);
  expect(await until(second, 'a', 30 * SECONDS)).toBe(true);
});

test('a broken connection that ends late does not affect its successor', async () => {
  const [first] = locks as [ClusterLock, ClusterLock];
  expect(await first.holds('a')).toBe(true);
  const { connection: broken } = first as unknown as { connection: Connection };
  broken.emit('error', new Error('Query read timeout'));
  expect(await first.holds('b')).toBe(true);
  await broken.end();
  expect(await first.holds('b')).toBe(true);
});

test('no process has a lock by a server that takes no writes, as a former primary', async () => {
  const takesWrites = async (does: boolean) => {
    const name = new URL(database.url).pathname.slice(1);
    await database.client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${does ? 'off' : 'on'}`);
  };
  await takesWrites(false);
  expect(await holders('a')).toEqual([false, false]);
  await takesWrites(true);
  const [first] = locks as [ClusterLock, ClusterLock];
  expect(await until(first, 'a', 30 * SECONDS)).toBe(true);
  expect(await holders('a')).toEqual([true, false]);
});

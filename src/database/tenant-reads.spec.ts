import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { createDatabase, type TestDatabase } from '../../test/support/databases.js';
import { LineToDatabase } from '../../test/support/line-to-database.js';
import { eventually } from '../../test/support/service.js';
import { dataSourceOptions } from './data-source.js';
import { servingAddresses } from './roles/serving-logins.js';
import { TenantReads } from './tenant-reads.js';

const [SHOP, OTHER] = [uuidv7(), uuidv7()];
const TIMEOUT_MS = 300;

let database: TestDatabase;
let line: LineToDatabase;
let dataSource: DataSource;
let reads: TenantReads;

beforeAll(async () => {
  database = await createDatabase();
  line = await LineToDatabase.to(database);
  const { queryUrl } = await servingAddresses({ url: line.url, directUrl: line.url });
  // One connection, so that each read has the one of the read before.
  dataSource = await new DataSource(dataSourceOptions(queryUrl, [], TIMEOUT_MS, 1)).initialize();
  reads = new TenantReads(dataSource);
  for (const tenant of [SHOP, OTHER])
    await database.client.query(`INSERT INTO tenant (id, name, created_at) VALUES ($1::uuid, $1::text, now())`, [
      tenant,
    ]);
});

afterAll(async () => {
  await dataSource.destroy();
  await line.cut();
  await database.drop();
});

/** Repeats a read which exceeds its short time limit because the machine is slow. */
const patiently = <T>(read: () => Promise<T>): Promise<T> =>
  eventually(async () => {
    try {
      return { found: await read() };
    } catch (error) {
      if (/timeout/i.test((error as Error).message)) return undefined;
      throw error;
    }
  }).then(({ found }) => found);

const seen = (tenant: string) =>
  patiently(() =>
    reads.withTenant(tenant, async (manager) => {
      const rows = await manager.query<{ id: string }[]>('SELECT id FROM tenant');
      return rows.map(({ id }) => id);
    }),
  );

/** What somebody finds on a connection of the pool who has set no tenant. */
const next = () =>
  patiently(async () => {
    const [found] = await dataSource.query<{ setting: string; rows: number; isIdle: boolean }[]>(
      `SELECT coalesce(current_setting('outcome.tenant', true), '') AS setting,
         (SELECT count(*)::int FROM tenant) AS rows, now() = statement_timestamp() AS "isIdle"`,
    );
    return found;
  });

const NOTHING = { setting: '', rows: 0, isIdle: true };

test('a read sees the rows of its tenant, whatever its statement says', async () => {
  expect(await seen(SHOP)).toEqual([SHOP]);
  expect(await seen(OTHER)).toEqual([OTHER]);
  expect(await seen(uuidv7())).toEqual([]);
  expect(await seen('aaaaaaaa-0000-0000-0000-000000000000')).toEqual([]);
});

test('a read changes nothing', async () => {
  const write = reads.withTenant(SHOP, (manager) => manager.query(`UPDATE tenant SET name = 'x'`));
  await expect(write).rejects.toThrow(/permission denied|read-only/);
});

test.each(['', 'default', '{aaaaaaaa-0000-0000-0000-000000000000}', `${SHOP}' OR true --`])(
  'no read is of the tenant "%s"',
  async (tenant) => {
    await expect(seen(tenant)).rejects.toThrow('Expected the UUID of a tenant');
  },
);

describe('the next user of the connection has no tenant', () => {
  test('after a read', async () => {
    await seen(SHOP);
    expect(await next()).toEqual(NOTHING);
  });

  test('after work that threw', async () => {
    const failing = reads.withTenant(SHOP, () => Promise.reject(new Error('the work has failed')));
    await expect(failing).rejects.toThrow('the work has failed');
    expect(await next()).toEqual(NOTHING);
  });

  test('after a statement that failed', async () => {
    await expect(reads.withTenant(SHOP, (manager) => manager.query('SELECT 1 / 0'))).rejects.toThrow(/division/);
    expect(await next()).toEqual(NOTHING);
  });

  test('after a statement that failed and whose error the work swallowed', async () => {
    await reads.withTenant(SHOP, (manager) => manager.query('SELECT 1 / 0').catch(() => undefined));
    expect(await next()).toEqual(NOTHING);
  });

  test('after a statement that took too long', async () => {
    await expect(reads.withTenant(SHOP, (manager) => manager.query('SELECT pg_sleep(5)'))).rejects.toThrow(/timeout/);
    expect(await next()).toEqual(NOTHING);
  });

  test('after a connection that went silent', async () => {
    const silent = reads.withTenant(SHOP, (manager) => {
      line.silenceOpenOnes();
      return manager.query('SELECT 1');
    });
    await expect(silent).rejects.toThrow('Query read timeout');
    expect(await next()).toEqual(NOTHING);
    expect(await seen(OTHER)).toEqual([OTHER]);
  });

  test('after a connection that broke', async () => {
    const broken = reads.withTenant(SHOP, async (manager) => {
      const [own] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      await database.client.query('SELECT pg_terminate_backend($1)', [own?.pid]);
      await manager.query('SELECT 1');
    });
    await expect(broken).rejects.toThrow();
    expect(await next()).toEqual(NOTHING);
    expect(await seen(OTHER)).toEqual([OTHER]);
  });
});

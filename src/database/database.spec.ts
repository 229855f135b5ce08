import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source.js';
import { createDatabase, type TestDatabase } from '../../test/support/databases.js';
import { eventually } from '../../test/support/service.js';
import { blamesARow, Database } from './database.js';
import type { Transaction } from './transaction.js';
import { SECONDS } from '../time/durations.js';

let data: TestDatabase;
let dataSource: DataSource;
let database: Database;

beforeAll(async () => {
  data = await createDatabase();
  await data.client.query('CREATE TABLE note (text text PRIMARY KEY)');
  dataSource = await new DataSource(dataSourceOptions(data.url, [])).initialize();
  database = new Database(dataSource, { url: data.url, timeoutMs: 10 * SECONDS });
});

afterAll(async () => {
  await database.stop();
  await dataSource.destroy();
  await data.drop();
});

beforeEach(() => data.client.query('TRUNCATE note'));

const add = (queryable: Pick<Transaction, 'query'>, text: string) =>
  queryable.query('INSERT INTO note VALUES ($1)', [text]);

const notes = async () =>
  (await data.client.query<{ text: string }>('SELECT text FROM note ORDER BY text')).rows.map(({ text }) => text);

const errorOf = (statement: Promise<unknown>): Promise<unknown> =>
  statement.then(() => undefined).catch((error: unknown) => error);

describe('a transaction', () => {
  test('contains the writes of its own client, returns the result of the work, and commits', async () => {
    const answer = await database.transaction(async (tx) => {
      await add(tx, 'within');
      expect(await notes()).toEqual([]);
      return 42;
    });
    expect(answer).toBe(42);
    expect(await notes()).toEqual(['within']);
  });

  test('leaves nothing if the work throws, except other writes of the pools', async () => {
    const failing = database.transaction(async (tx) => {
      await add(tx, 'within');
      await add(database.relaxed, 'beside');
      throw new Error('the work has failed');
    });
    await expect(failing).rejects.toThrow('the work has failed');
    expect(await notes()).toEqual(['beside']);
  });

  test('does not count as committed if a statement failed and the work swallowed its error', async () => {
    const failing = database.transaction(async (client) => {
      await add(client, 'operation');
      await errorOf(add(client, 'operation'));
    });
    await expect(failing).rejects.toThrow('it was rolled back');
    expect(await notes()).toEqual([]);
  });

  test('whose connection breaks fails, leaves nothing, and affects no other', async () => {
    const failing = database.transaction(async (client) => {
      await add(client, 'within');
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await data.client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await add(client, 'after the cut');
    });
    await expect(failing).rejects.toThrow(/terminat|connection/i);
    expect(await notes()).toEqual([]);
    await database.transaction((client) => add(client, 'on another connection'));
    expect(await notes()).toEqual(['on another connection']);
  });

  test('returns its connection to the pool, however it ends', async () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      database.transaction(async (client) => {
        await add(client, String(at));
        if (at % 2) throw new Error('odd');
      }),
    );
    const ended = await Promise.allSettled(many);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(15);
    expect(await notes()).toHaveLength(15);
    expect(database.durable.idleCount).toBe(database.durable.totalCount);
  });
});

test('durable commits wait for the disk, relaxed ones do not', async () => {
  const setting = async (pool: pg.Pool) =>
    (await pool.query<{ setting: string }>(`SELECT current_setting('synchronous_commit') AS setting`)).rows[0]?.setting;
  expect(await setting(database.durable)).toBe('on');
  expect(await setting(database.relaxed)).toBe('off');
});

test('an idle connection that breaks is replaced at its next use', async () => {
  await Promise.all([add(database.durable, 'a'), add(database.relaxed, 'b')]);
  const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid()`;
  await data.client.query(cut);
  await eventually(async () => database.durable.totalCount + database.relaxed.totalCount === 0);
  await Promise.all([add(database.durable, 'c'), add(database.relaxed, 'd')]);
  expect(await notes()).toEqual(['a', 'b', 'c', 'd']);
});

describe('what blames a row', () => {
  const statements: [string, string, boolean][] = [
    ['a unique violation', `INSERT INTO note VALUES ('twice'), ('twice')`, true],
    ['a missing value', 'INSERT INTO note VALUES (NULL)', true],
    ['a NUL in JSON', `SELECT '{"a": "\\u0000"}'::jsonb`, true],
    ['half of a surrogate pair in JSON', `SELECT '{"a": "\\ud800"}'::jsonb`, true],
    ['a number that is too large', `SELECT '99999999999'::integer`, true],
    ['a table that is not there', 'SELECT FROM gone', false],
    ['a wrong statement', 'SELEC', false],
  ];

  test.each(statements)('%s', async (_, statement, blames) => {
    const error = await errorOf(data.client.query(statement));
    expect(error).toBeInstanceOf(pg.DatabaseError);
    expect(blamesARow(error)).toBe(blames);
  });

  test('a deadlock of two batches, of which PostgreSQL ends one', async () => {
    await data.client.query(`INSERT INTO note VALUES ('one'), ('other')`);
    const lock = (client: Transaction, text: string) =>
      client.query('SELECT FROM note WHERE text = $1 FOR UPDATE', [text]);
    let arrived = 0;
    let bothHold!: () => void;
    const both = new Promise<void>((resolve) => (bothHold = resolve));
    const crossing = (first: string, second: string) =>
      database.transaction(async (client) => {
        await lock(client, first);
        if (++arrived === 2) bothHold();
        await both;
        await lock(client, second);
      });
    const [one, other] = await Promise.all([errorOf(crossing('one', 'other')), errorOf(crossing('other', 'one'))]);
    expect([one, other].filter((error) => error === undefined)).toHaveLength(1);
    expect(blamesARow(one ?? other)).toBe(true);
  });

  test('not a lost connection, nor an error from elsewhere', () => {
    expect(blamesARow(new Error('Connection terminated unexpectedly'))).toBe(false);
    expect(blamesARow(undefined)).toBe(false);
  });
});

import pg from 'pg';
import { createDatabase, type TestDatabase } from '../../test/support/databases.js';
import { migrate } from './migrate.js';
import { servingAddresses } from './roles/serving-logins.js';
import { callOf, type Statement, statement } from './statement.js';

let database: TestDatabase;
let hot: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  const { url } = await servingAddresses({ url: database.url, directUrl: database.url });
  hot = new pg.Client(url);
  await hot.connect();
});
afterAll(async () => {
  await hot.end();
  await database.drop();
});

async function run(made: Statement, values: unknown[] = []): Promise<pg.QueryResult> {
  await migrate(database.url, [made]);
  return hot.query({ ...made, values });
}

test('a statement returns the names and types of its columns, and takes the types of its parameters', async () => {
  const made = statement(
    'test-of-types',
    `SELECT id AS "someId", $2::bigint + 1 AS version, to_jsonb($3::text[]) AS json, now() AS at, name FROM (
      SELECT unnest($1::uuid[]) AS id, 'x' AS name) AS given`,
  );
  const id = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
  const { rows, fields } = await run(made, [[id], 1, ['a', 'b']]);
  expect(rows).toEqual([{ someId: id, version: '2', json: ['a', 'b'], at: expect.any(Date) as Date, name: 'x' }]);
  expect(fields.map(({ name }) => name)).toEqual(['someId', 'version', 'json', 'at', 'name']);
});

test('a name of a column may be that of one that the statement reads or writes', async () => {
  const made = statement(
    'test-of-names',
    `INSERT INTO failed_login (key, points) VALUES ($1, 1)
    ON CONFLICT (key) DO UPDATE SET points = failed_login.points + excluded.points RETURNING key, points`,
  );
  for (const points of [1, 2]) expect((await run(made, ['a key'])).rows).toEqual([{ key: 'a key', points }]);
});

test('a statement without columns answers with as many rows as it has changed', async () => {
  const made = statement('test-of-changes', `DELETE FROM worker_lease WHERE id LIKE $1`);
  await database.client.query(
    `INSERT INTO worker_lease (id, held_until) VALUES ('a1', now()), ('a2', now()), ('b', now())`,
  );
  expect((await run(made, ['a%'])).rowCount).toBe(2);
  expect((await run(made, ['a%'])).rowCount).toBe(0);
});

test('a call is an expression of another statement', async () => {
  const made = statement('test-of-calls', 'SELECT $1::integer * $2::integer AS product');
  await migrate(database.url, [made]);
  const { rows } = await hot.query(`SELECT $1::text AS first, product FROM ${callOf(made, 2)}`, ['x', 2, 3]);
  expect(rows).toEqual([{ first: 'x', product: 6 }]);
});

test('a start is refused with a statement that returns rows without columns, or that PostgreSQL does not understand', async () => {
  await expect(run(statement('test-of-nothing', 'SELECT FROM operation'))).rejects.toThrow(
    /^Expected columns, or a change/,
  );
  await expect(run(statement('test-of-errors', 'SELECT nothing FROM operation'))).rejects.toThrow(
    /"nothing" does not exist/,
  );
});

test('a name that PostgreSQL would cut is shortened, and stays one of its own', async () => {
  const name = 'test-of-a-long-name'.repeat(4);
  const [one, two] = [statement(name, 'SELECT 1 AS found'), statement(name, 'SELECT 2 AS found')];
  expect(one.functionName).toHaveLength(63);
  await migrate(database.url, [one, two]);
  const found = [one, two].map(async ({ text }) => (await hot.query(text)).rows);
  expect(await Promise.all(found)).toEqual([[{ found: 1 }], [{ found: 2 }]]);
});

test('an injected search path finds nothing', async () => {
  const made = statement('test-of-paths', 'SELECT count(*)::integer AS found FROM tenant WHERE name = $1');
  await hot.query('CREATE TEMPORARY TABLE tenant (name text)');
  await hot.query(`INSERT INTO pg_temp.tenant VALUES ('planted')`);
  await hot.query(`SET search_path = pg_temp, public`);
  expect((await run(made, ['planted'])).rows).toEqual([{ found: 0 }]);
  await hot.query('RESET search_path; DROP TABLE pg_temp.tenant');
});

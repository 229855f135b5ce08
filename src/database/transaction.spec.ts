import type pg from 'pg';
import { createDatabase } from '../../test/support/databases.js';
import { openPool } from './connection.js';
import { inTransaction } from './transaction.js';

test('a connection that is cut between two statements fails its transaction, not the process', async () => {
  const database = await createDatabase();
  const pool = openPool(database.url, { max: 1 });
  let client: pg.PoolClient | undefined;
  pool.on('acquire', (acquired) => (client = acquired));
  const cut = inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // `once` of node:events would also listen for errors.
    const gone = new Promise((resolve) => client?.once('end', resolve as () => void));
    await database.client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await gone;
    await tx.query('SELECT 1');
  });
  await expect(cut).rejects.toThrow(/terminat|not queryable|closed/i);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await database.drop();
});

test('a transaction announces its commit, and nothing else', async () => {
  const database = await createDatabase();
  const pool = openPool(database.url, { max: 2 });
  const announced: string[] = [];
  const end = (name: string, statement: string) =>
    inTransaction(pool, async (tx) => {
      tx.afterCommit(() => announced.push(name));
      await tx.query(statement);
      expect(announced).not.toContain(name);
    }).catch(() => undefined);
  await end('rolled back', 'SELECT 1 / 0');
  await end('cut before its commit', 'SELECT pg_terminate_backend(pg_backend_pid())');
  await end('committed', 'SELECT 1');
  expect(announced).toEqual(['committed']);
  await pool.end();
  await database.drop();
});

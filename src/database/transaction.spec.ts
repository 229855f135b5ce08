import { createDatabase } from '../../test/support/databases.js';
import { openPool } from './connection.js';
import { inTransaction } from './transaction.js';

test('a connection that is cut between two statements fails its transaction, not the process', async () => {
  const database = await createDatabase();
  const pool = openPool(database.url, { max: 1 });
  const cut = inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // `once` of node:events would also listen for errors.
    const gone = new Promise((resolve) => client.once('end', resolve as () => void));
    await database.client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await gone;
    await client.query('SELECT 1');
  });
  await expect(cut).rejects.toThrow(/terminat|not queryable|closed/i);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await database.drop();
});

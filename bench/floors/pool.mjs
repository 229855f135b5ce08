import pg from 'pg';

/** The best of 8, 16, 32 and 64 for 64 clients on two cores: more share a flush of the log, but crowd the cores. */
const CONNECTIONS = 32;
/** Idle connections are closed while another subject is measured: the server has 100. */
const IDLE_MS = 1000;

/** Connections to the floor's database, which is given this schema. @param {string} schema */
export async function openPool(schema) {
  const pool = new pg.Pool({
    connectionString: process.env.DATABASE_URL,
    max: CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
  });
  pool.on('error', (error) => console.error(`A floor has lost a connection: ${error.message}`));
  await pool.query(schema);
  return pool;
}

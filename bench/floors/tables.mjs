// The tables of the floors that do the same work: an operation, its history, and the provider's row.
import { openPool } from './pool.mjs';
import { PROVIDER_SCHEMA } from './provider.mjs';

export const OPERATION_SCHEMA = `
CREATE TABLE operation (
  id uuid PRIMARY KEY, kind text NOT NULL, input jsonb NOT NULL, status text NOT NULL, version integer NOT NULL,
  result jsonb, created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);`;

const EVENT_SCHEMA = `
CREATE TABLE operation_event (
  operation_id uuid, version integer, type text NOT NULL, occurred_at timestamptz NOT NULL DEFAULT now(),
  snapshot jsonb NOT NULL, PRIMARY KEY (operation_id, version));`;

/** A pool to a database that has these tables. */
export const openTables = () => openPool(`${OPERATION_SCHEMA} ${EVENT_SCHEMA} ${PROVIDER_SCHEMA}`);

/** The operation after the provider has charged. @param {import('./front.mjs').View} view */
export const succeeded = ({ id, kind, version }, /** @type {any} */ charge) => ({
  id,
  kind,
  status: 'success',
  version: version + 1,
  done: true,
  result: { provider: 'floor', ...charge },
});

/** @param {import('pg').Pool} pool @param {string} id */
export async function find(pool, id) {
  const { rows } = await pool.query({
    name: 'find',
    text: `SELECT id, kind, status, version, result, finished_at IS NOT NULL AS done FROM operation WHERE id = $1`,
    values: [id],
  });
  return rows[0];
}

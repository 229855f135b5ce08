// A provider that shares its commits, like the sandbox.
import { randomUUID } from 'node:crypto';
import { shared } from './shared.mjs';

export const PROVIDER_SCHEMA = `
CREATE TABLE provider_charge (
  idempotency_key text PRIMARY KEY, reference text NOT NULL UNIQUE, amount bigint NOT NULL, currency text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());`;

const COLUMNS = ['id', 'reference', 'amount', 'currency'];
const CHARGE = {
  name: 'charge',
  text: `INSERT INTO provider_charge (idempotency_key, reference, amount, currency)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])`,
};

/** @param {import('pg').Pool} pool */
export function providerOn(pool) {
  const store = shared(pool, CHARGE, (/** @type {any[]} */ rows) =>
    COLUMNS.map((name) => rows.map((row) => row[name])),
  );
  return async (/** @type {string} */ id, /** @type {any} */ { amount, currency }) => {
    const charge = { reference: randomUUID(), amount, currency };
    await store({ id, ...charge });
    return charge;
  };
}

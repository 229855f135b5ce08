import { camel, EVENT, RECORD } from './operation.sql.js';

/**
 * What clients look up on the hot path, for any number of callers of any tenants. These statements run as a role that
 * sees no row by itself; the functions show the rows of pairs of tenant and id: docs/decisions/row-level-security.md.
 */

/** A foreign id finds as little as a random one. */
export const FIND_OF_TENANTS = {
  name: 'operation-find-of-tenants',
  text: `SELECT ${RECORD.join(', ')} FROM operations_of_tenants($1::uuid[], $2::uuid[])`,
};

const LARGEST_PAGE = 256 * 1024;

/**
 * A page of the events after a version; `place` numbers the callers from 1. A page ends after as many events as asked
 * for, or with the event that reaches the limit in bytes of JSON.
 */
export const EVENTS_AFTER = {
  name: 'operation-events-after',
  text: `
SELECT place, ${Object.keys(EVENT)
    .map((column) => `${column} AS "${camel(column)}"`)
    .join(', ')}
FROM events_of_tenants($1::uuid[], $2::uuid[], $3::integer[], $4::integer[], ${LARGEST_PAGE}) ORDER BY place, version`,
};

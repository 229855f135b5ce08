import type { CompanionStatement } from '../../src/database/companion.js';
import { Database } from '../../src/database/database.js';
import * as operations from '../../src/operations/persistence/operation.sql.js';
import * as leases from '../../src/operations/persistence/worker-lease.sql.js';
import * as payments from '../../src/payments/ledger/payment-ledger.sql.js';
import * as webhooks from '../../src/delivery/webhooks/webhook.sql.js';
import * as sandbox from '../../src/payments/providers/sandbox/sandbox-ledger.sql.js';
import * as retention from '../../src/retention/retention.sql.js';
import { Service } from '../support/service.js';

const has = (found: unknown, property: string) => typeof found === 'object' && found !== null && property in found;

type Node = { 'Node Type': string; 'Relation Name'?: string; Plans?: Node[] };

const statements = [
  operations.addWith(),
  operations.changeWith({ name: '', ctes: '' }),
  ...[operations, leases, payments, sandbox, webhooks, retention].flatMap((module) =>
    Object.values(module).filter((found): found is { name: string; text: string } => has(found, 'text')),
  ),
  ...Object.values(payments)
    .filter((found): found is CompanionStatement<never> => has(found, 'ctes'))
    .flatMap(({ name, ctes }) => [
      { name, text: `WITH ${ctes(1)} SELECT` },
      operations.changeWith({ name: `+${name}`, ctes: `, ${ctes(operations.CHANGE_PARAMETERS + 1)}` }),
    ]),
];

/** Small ones that are read whole: the endpoints, and the outbox, which is emptied all the time. */
const READ_WHOLE = ['webhook_endpoint', 'webhook_outbox'];

/** The other tables that a plan scans in full. */
const scanned = (node: Node): string[] => [
  ...(node['Node Type'] === 'Seq Scan' ? [node['Relation Name'] ?? ''] : []).filter(
    (name) => !READ_WHOLE.includes(name),
  ),
  ...(node.Plans ?? []).flatMap(scanned),
];

describe('on tables without statistics', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  test.each(statements.map(({ name, text }) => [name, text]))('%s scans no table in full', async (_, text) => {
    const { durable } = service.outcome.app.get(Database, { strict: false });
    const { rows } = await durable.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
    );
    expect(rows.flatMap((row) => scanned(row['QUERY PLAN'][0].Plan))).toEqual([]);
  });
});

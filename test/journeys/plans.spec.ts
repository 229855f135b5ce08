import { LIST_EVENTS } from '../../src/access/audit/audit.sql.js';
import { ONLY_TENANT } from '../../src/access/caller.js';
import { LIST } from '../../src/access/keys/api-key.sql.js';
import type { CompanionStatement } from '../../src/database/companion.js';
import { Database } from '../../src/database/database.js';
import * as operations from '../../src/operations/persistence/operation.sql.js';
import * as leases from '../../src/operations/persistence/worker-lease.sql.js';
import * as payments from '../../src/payments/ledger/payment-ledger.sql.js';
import * as webhooks from '../../src/delivery/webhooks/webhook.sql.js';
import * as sandbox from '../../src/payments/providers/sandbox/sandbox-ledger.sql.js';
import * as retention from '../../src/retention/retention.sql.js';
import { TenantReads } from '../../src/database/tenant-reads.js';
import { BUCKETS, UNFINISHED_NOW } from '../../src/operations/persistence/statistics.sql.js';
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

/** In a function, the parameters of `unnest` have the types of its own. */
const typed = (body: string) =>
  body.replace(/unnest\((\$1, \$2)(, \$3, \$4)?\)/, (_, pairs, others) => {
    const parameters = ['$1::uuid[]', '$2::uuid[]', ...(others ? ['$3::integer[]', '$4::integer[]'] : [])];
    return pairs && `unnest(${parameters.join(', ')})`;
  });

/** What clients read, as TypeORM writes it where it does, and which index must be used beside the policies. */
const reads: [name: string, text: string, index: string][] = [
  [
    'the list',
    'SELECT * FROM operation WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT 51',
    'operation_by_tenant',
  ],
  [
    'the list of a kind',
    'SELECT * FROM operation WHERE tenant = $1 AND kind = $2 AND id < $3 ORDER BY id DESC LIMIT 51',
    'operation_by_kind',
  ],
  ['an inspection', 'SELECT * FROM operation WHERE id = $1 AND tenant = $2', ''],
  ['a payment', payments.PAYMENT_OF_TENANT, 'payment_pk'],
  ['its movements', payments.MOVEMENTS_OF_TENANT, 'payment_movement_of_charge'],
  [
    'a list of deliveries',
    'SELECT * FROM webhook_delivery WHERE endpoint_id = $1 AND id < $2 ORDER BY id DESC LIMIT 51',
    'webhook_delivery_pk',
  ],
  ['the audit trail', LIST_EVENTS, 'audit_event_by_tenant'],
  ['the list of keys', LIST.text, 'api_key_by_tenant'],
  ['the buckets of the statistics', BUCKETS, ''],
  ['what is unfinished', UNFINISHED_NOW, ''],
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

  test.each(['operations_of_tenants', 'events_of_tenants'])('the function %s scans no table in full', async (name) => {
    const { durable } = service.outcome.app.get(Database, { strict: false });
    const { rows: found } = await durable.query<{ body: string }>(
      `SELECT substring(prosrc FROM 'RETURN QUERY (.*);') AS body FROM pg_proc WHERE proname = $1`,
      [name],
    );
    const { rows } = await durable.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${typed(found[0]?.body ?? '')}`,
    );
    expect(scanned(rows[0]?.['QUERY PLAN'][0].Plan as Node)).toEqual([]);
  });

  test.each(reads)('within a tenant, %s scans no table in full', async (_, text, index) => {
    const plan = await service.outcome.app
      .get(TenantReads, { strict: false })
      .withTenant(ONLY_TENANT, async (manager) => {
        const [row] = await manager.query<{ 'QUERY PLAN': [{ Plan: Node }] }[]>(
          `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
        );
        return row?.['QUERY PLAN'][0].Plan as Node;
      });
    expect(scanned(plan)).toEqual([]);
    expect(JSON.stringify(plan)).toContain(index && `"Index Name":"${index}"`);
    if (text.includes('SELECT *')) expect(JSON.stringify(plan)).not.toContain('"Node Type":"Sort"');
  });
});

import { LIST_EVENTS } from '../../src/access/audit/audit.sql.js';
import { ONLY_TENANT } from '../../src/access/caller.js';
import { LIST } from '../../src/access/keys/api-key.sql.js';
import * as payments from '../../src/payments/ledger/payment-ledger.sql.js';
import { EVENTS_AFTER, FIND_OF_TENANTS } from '../../src/operations/persistence/client-lookups.sql.js';
import { describeStatement } from '../../src/database/roles/describe-statement.js';
import { Connection, connectionOptions } from '../../src/database/connection.js';
import { WORK } from '../../src/database/roles/serving-roles.js';
import { TenantReads } from '../../src/database/tenant-reads.js';
import { BUCKETS, UNFINISHED_NOW } from '../../src/operations/persistence/statistics.sql.js';
import { STATEMENTS } from '../../src/statements.js';
import { Service } from '../support/service.js';

type Node = { 'Node Type': string; 'Relation Name'?: string; Plans?: Node[] };
type Query = (text: string) => Promise<{ 'QUERY PLAN'?: [{ Plan: Node }] }[]>;

let explained = 0;

/** The plan that a connection keeps. EXPLAIN has GENERIC_PLAN since PostgreSQL 16. */
async function genericPlan(query: Query, title: string, body: string): Promise<Node> {
  const count = Math.max(0, ...[...body.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const values = count > 0 ? `(${Array<string>(count).fill('NULL').join(', ')})` : '';
  const name = `explained_${(explained += 1)}`;
  await query('SET plan_cache_mode = force_generic_plan');
  await query(`PREPARE ${name} AS ${body}`);
  const [row] = await query(`EXPLAIN (FORMAT JSON) EXECUTE ${name}${values}`);
  if (!row?.['QUERY PLAN']) throw new Error(`Expected a plan of ${title}, found none.`);
  return row['QUERY PLAN'][0].Plan;
}

/** Small ones that are read whole: the endpoints, and the outbox, which is emptied all the time. */
const READ_WHOLE = ['webhook_endpoint', 'webhook_outbox'];

/** Statements of the start, of commands and of every five minutes, on small tables that they are about as a whole. */
const READING_WHOLE = ['failed-login-forget-old', 'provider-account-list', 'readiness-migrated', 'secret-keys-in-use'];

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
  ['the list of keys', LIST.body, 'api_key_by_tenant'],
  ['the buckets of the statistics', BUCKETS, ''],
  ['what is unfinished', UNFINISHED_NOW, ''],
];

describe('on tables without statistics', () => {
  let service: Service;
  /** With the rights of the functions, and planned as the service's connections have it. */
  let work: Connection;
  /** Is told of each planning. */
  let observer: Connection;
  let plannings: number;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    work = new Connection(connectionOptions(service.database.url, { plans: 'by-index' }));
    await work.connect();
    await work.query(`SET ROLE ${WORK}`);
    observer = new Connection(connectionOptions(service.database.url, { plans: 'by-index' }));
    await observer.connect();
    await observer.query('SET log_planner_stats = on; SET client_min_messages = log');
    observer.on('notice', ({ message }) => (plannings += Number(message === 'PLANNER STATISTICS')));
  });
  afterAll(async () => {
    await Promise.all([work.end(), observer.end()]);
    await service.stop();
  });

  const asWork: Query = async (text) => (await work.query(text)).rows;
  const byIndex = STATEMENTS.filter(({ name }) => !READING_WHOLE.includes(name));

  test.each(byIndex.map(({ name, body }) => [name, body]))('%s scans no table in full', async (name, body) => {
    expect(scanned(await genericPlan(asWork, name, body))).toEqual([]);
  });

  test.each(['operations_of_tenants', 'events_of_tenants'])('the function %s scans no table in full', async (name) => {
    const { rows: found } = await work.query<{ body: string }>(
      `SELECT substring(prosrc FROM 'RETURN QUERY (.*);') AS body FROM pg_proc WHERE proname = $1`,
      [name],
    );
    expect(scanned(await genericPlan(asWork, name, typed(found[0]?.body ?? '')))).toEqual([]);
  });

  const takesABatch = (body: string) => /unnest\(|id = ANY\(/.test(body);
  /** What clients look up, and the statements whose functions take rows or ids as arrays. */
  const batches = [
    ...[FIND_OF_TENANTS, EVENTS_AFTER].map(({ name, text }) => [name, text] as const),
    ...STATEMENTS.filter(({ body }) => takesABatch(body)).map(({ name, text }) => [name, text] as const),
  ];

  test.each(batches)('%s is planned once, for batches of any size', async (name, text) => {
    const { parameters } = await describeStatement(observer, text);
    const { rows: types } = await observer.query<{ isArray: boolean }>(
      `SELECT typcategory = 'A' AS "isArray" FROM unnest($1::oid[]) WITH ORDINALITY AS given (oid, place)
       JOIN pg_type USING (oid) ORDER BY place`,
      [parameters],
    );
    // PostgreSQL plans five executions for their values before it decides; of no rows, they change nothing.
    const counts: number[] = [];
    for (let times = 1; times <= 12; times += 1) {
      plannings = 0;
      await observer.query({ name, text, values: types.map(({ isArray }) => (isArray ? [] : null)) });
      counts.push(plannings);
    }
    expect(counts[0]).toBeGreaterThan(0);
    // What others do on this server may have a plan made anew, now and then.
    expect(counts.slice(6)).toContain(0);
  });

  test('statements that take no batch are planned for their values, as far as PostgreSQL likes', async () => {
    const { rows } = await observer.query<{ name: string }>(
      `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'hot'::regnamespace
       AND 'plan_cache_mode=auto' = ANY(proconfig)`,
    );
    const others = STATEMENTS.filter(({ body }) => !takesABatch(body)).map(({ functionName }) => functionName);
    expect(rows.map(({ name }) => name).sort()).toEqual(others.sort());
  });

  test('the guarded write finds its rows by the smallest index', async () => {
    const body = STATEMENTS.find(({ name }) => name === 'operation-change')?.body;
    const plan = await genericPlan(asWork, 'the guarded write', body ?? '');
    expect(JSON.stringify(plan).match(/operation_(pk|by_\w+)/g)).toEqual(['operation_pk']);
  });

  test('what clients list is planned for its filters', async () => {
    const reads = service.outcome.app.get(TenantReads, { strict: false });
    const mode = await reads.withTenant(ONLY_TENANT, (manager) => manager.query('SHOW plan_cache_mode'));
    expect(mode).toEqual([{ plan_cache_mode: 'auto' }]);
  });

  test.each(reads)('within a tenant, %s scans no table in full', async (name, text, index) => {
    const plan = await service.outcome.app
      .get(TenantReads, { strict: false })
      .withTenant(ONLY_TENANT, (manager) => genericPlan((statement) => manager.query(statement), name, text));
    expect(scanned(plan)).toEqual([]);
    expect(JSON.stringify(plan)).toContain(index && `"Index Name":"${index}"`);
    if (text.includes('SELECT *')) expect(JSON.stringify(plan)).not.toContain('"Node Type":"Sort"');
  });
});

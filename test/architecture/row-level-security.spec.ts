import { NO_COMPANIONS } from '../../src/database/companion.js';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/database/migrate.js';
import { HOT, QUERY, ROLES, SERVING_ROLES, WORK } from '../../src/database/roles/serving-roles.js';
import { servingAddresses } from '../../src/database/roles/serving-logins.js';
import { type Statement, statement } from '../../src/database/statement.js';
import * as webhooks from '../../src/delivery/webhooks/webhook.sql.js';
import * as operations from '../../src/operations/persistence/operation.sql.js';
import { STATEMENTS } from '../../src/statements.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { newOperation } from '../support/new-operation.js';

/** Of no tenant, and without policies. */
const WITHOUT_POLICIES = ['public.migration'];

const [A, B] = ['aaaaaaaa-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000'];

let database: TestDatabase;
let hot: pg.Client;
let query: pg.Client;
/** With the rights of the functions: nobody can log in so. */
let work: pg.Client;

/** As a process of a version before the functions: without a name. */
async function connectHot(): Promise<void> {
  const { url } = await servingAddresses({ url: database.url, directUrl: database.url });
  hot = new pg.Client(url);
  await hot.connect();
}

beforeAll(async () => {
  database = await createDatabase();
  const addresses = await servingAddresses({ url: database.url, directUrl: database.url });
  [query, work] = [new pg.Client(addresses.queryUrl), new pg.Client(database.url)];
  await Promise.all([connectHot(), query.connect(), work.connect()]);
  await work.query(`SET ROLE ${WORK}`);
  for (const table of await tables()) for (const tenant of [A, B]) await fill(table, tenant);
});

afterAll(async () => {
  await Promise.all([hot.end(), query.end(), work.end()]);
  await database.drop();
});

interface Column {
  name: string;
  type: string;
}

interface Relation {
  name: string;
  kind: 'r' | 'p' | 'v' | 'm' | 'f';
  columns: Column[];
}

/** Everything that has rows, of the service and its queue, as the catalogue has it. */
async function relations(): Promise<Relation[]> {
  const { rows } = await database.client.query<Relation>(`
    SELECT nspname || '.' || relname AS name, relkind AS kind, (
      SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, NULL)) ORDER BY attnum)
      FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attidentity <> 'a'
    ) AS columns
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`);
  return rows;
}

const isOfQueue = ({ name }: Relation) => name.startsWith('bullmq.');

const tables = async () =>
  (await relations()).filter(
    (found) => found.kind !== 'v' && !isOfQueue(found) && !WITHOUT_POLICIES.includes(found.name),
  );

/** What the rows of a tenant are named by: its operation, its endpoint, and so on have its own first letter. */
const idOf = (tenant: string) => tenant.replace(/0$/, '1');

const OF_TYPE: Record<string, (tenant: string) => unknown> = {
  uuid: idOf,
  text: (tenant) => `of ${tenant}`,
  'text[]': () => [],
  jsonb: () => '{}',
  integer: () => 1,
  bigint: () => 1,
  boolean: () => false,
  bytea: (tenant) => Buffer.from(tenant),
  'timestamp with time zone': () => new Date(0),
};

/** Where a constraint wants something else. */
const OF_COLUMN: Record<string, (tenant: string) => unknown> = {
  'public.operation.status': () => 'success',
  'public.tenant.id': (tenant) => tenant,
};

/** One row of a tenant in each table: a table to which nothing of these applies must be added above. */
async function fill({ name, columns }: Relation, tenant: string): Promise<void> {
  const values = columns.map(({ name: column, type }) => {
    const given = OF_COLUMN[`${name}.${column}`] ?? (column === 'tenant' ? () => tenant : OF_TYPE[type]);
    if (!given) throw new Error(`Expected a value for ${name}.${column} (${type}), found none: add one to this test.`);
    return given(tenant);
  });
  // A few tables come with a row, or take one only.
  await database.client.query(
    `INSERT INTO ${name} (${columns.map((column) => `"${column.name}"`).join(', ')})
     VALUES (${values.map((_, at) => `$${at + 1}`).join(', ')}) ON CONFLICT DO NOTHING`,
    values,
  );
}

const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as pg.DatabaseError).code,
  );

/** What a forgotten condition shows, as the first letters of the tenants whose rows appear; 42501: no privilege. */
async function seen(by: pg.Client, { name }: Relation, tenant?: string): Promise<string> {
  const { rows: readable } = await by
    .query<{ attname: string }>(
      `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
       AND has_column_privilege(attrelid, attnum, 'SELECT')`,
      [name],
    )
    .catch(() => ({ rows: [] }));
  const columns = readable.length > 0 ? readable.map(({ attname }) => `"${attname}"`).join(', ') : '*';
  try {
    await by.query(`BEGIN; ${tenant ? `SET LOCAL outcome.tenant = '${tenant}'` : ''}`);
    const { rows } = await by.query(`SELECT ${columns} FROM ${name}`);
    return [A, B]
      .filter((each) => rows.some((row) => JSON.stringify(row).includes(each.slice(0, -1))))
      .map((each) => each[0])
      .join('');
  } catch (error) {
    return (error as pg.DatabaseError).code ?? String(error);
  } finally {
    await by.query('ROLLBACK');
  }
}

/** By relation, what somebody sees of it. */
async function seenOfAll(by: pg.Client, tenant?: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const relation of await relations()) found[relation.name] = await seen(by, relation, tenant);
  return found;
}

/** Tables that lack row-level security, FORCE, or the policies of the roles. */
async function unguarded(): Promise<string[]> {
  const { rows } = await database.client.query<{ name: string }>(
    `
    SELECT nspname || '.' || relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname IN ('public', 'sandbox') AND NOT (
      relrowsecurity AND relforcerowsecurity
      AND (SELECT array_agg(pg_get_userbyid(role)::text) FROM pg_policy, unnest(polroles) AS role
        WHERE polrelid = pg_class.oid) @> ARRAY[pg_get_userbyid(relowner)::text, '${WORK}']
      AND (NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid
          AND attname IN ('tenant', 'operation_id', 'charge_operation_id', 'endpoint_id')
          AND atttypid = 'uuid'::regtype)
        OR EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid
          AND polroles @> ARRAY['${QUERY}'::regrole::oid])))
    ORDER BY 1`,
  );
  return rows.map(({ name }) => name).filter((name) => !WITHOUT_POLICIES.includes(name));
}

describe('the catalogue', () => {
  test('has row-level security, forced, with a policy for each role, on every table', async () => {
    expect(await unguarded()).toEqual([]);
  });

  test.each(['(id uuid PRIMARY KEY)', '(id uuid PRIMARY KEY, tenant uuid NOT NULL)'])(
    'shows a new table without policies: %s',
    async (columns) => {
      await database.client.query(`CREATE TABLE planted ${columns}`);
      expect(await unguarded()).toEqual(['public.planted']);
      for (const by of [hot, work, query]) expect(await codeOf(by.query('SELECT FROM planted'))).toBe('42501');
      await database.client.query('DROP TABLE planted');
    },
  );

  test('has no policy for the query role, or for everybody, that does not ask for the tenant', async () => {
    const { rows } = await database.client.query(
      `SELECT tablename, policyname FROM pg_policies WHERE roles && ARRAY['public', $1]::name[]
         AND (qual IS NULL OR strpos(qual, '( SELECT (NULLIF(current_setting(''outcome.tenant''::text, true), ') = 0)`,
      [QUERY],
    );
    expect(rows).toEqual([]);
  });
});

describe('the query role', () => {
  test('sees no row of any table or view without a tenant', async () => {
    const found = Object.entries(await seenOfAll(query));
    expect(found.filter(([, rows]) => !['', '42501'].includes(rows))).toEqual([]);
  });

  test.each([
    ['a', A],
    ['b', B],
  ])('sees the rows of the tenant %s and of none other, without a condition', async (letter, tenant) => {
    const found = await seenOfAll(query, tenant);
    expect(Object.fromEntries(Object.entries(found).filter(([, rows]) => rows !== '42501'))).toEqual({
      'public.api_key': letter,
      'public.audit_event': letter,
      'public.operation': letter,
      'public.operation_of_tenant': letter,
      'public.payment': letter,
      'public.payment_movement': letter,
      'public.tenant': letter,
      'public.webhook_delivery': letter,
      'public.webhook_endpoint': letter,
    });
  });

  test('cannot read what verifies a key', async () => {
    expect(await codeOf(query.query('SELECT hash FROM api_key'))).toBe('42501');
  });

  test('may read, and nothing else, and enters neither the queue nor the sandbox', async () => {
    const { rows } = await database.client.query(
      `SELECT relation.oid::regclass::text AS name, right_name FROM pg_class AS relation,
         unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS right_name
       WHERE relkind IN ('r', 'p', 'v') AND relnamespace::regnamespace::text IN ('public', 'sandbox', 'bullmq')
         AND (has_any_column_privilege($1, relation.oid, right_name)
           OR has_table_privilege($1, relation.oid, 'DELETE, TRUNCATE, TRIGGER'))`,
      [QUERY],
    );
    expect(rows).toEqual([]);
    for (const schema of ['bullmq', 'sandbox'])
      expect(await codeOf(query.query(`SELECT FROM ${schema === 'bullmq' ? 'bullmq.job' : 'sandbox.charge'}`))).toBe(
        '42501',
      );
  });
});

describe('what the query role looks up by pairs of tenant and id', () => {
  const operations = async (ids: unknown[], tenants: unknown[]) => {
    const { rows } = await query.query<{ tenant: string }>('SELECT tenant FROM operations_of_tenants($1, $2)', [
      ids,
      tenants,
    ]);
    return rows.map(({ tenant }) => tenant).sort();
  };
  const events = async (ids: unknown[], tenants: unknown[]) => {
    const numbers = ids.map(() => 0);
    const { rows } = await query.query<{ place: number }>(
      'SELECT place FROM events_of_tenants($1, $2, $3, $4, 1000) ORDER BY 1',
      [ids, tenants, numbers, ids.map(() => 10)],
    );
    return rows.map(({ place }) => place);
  };

  test('is of many tenants at once, without a setting', async () => {
    expect(await operations([idOf(A), idOf(B)], [A, B])).toEqual([A, B]);
    expect(await events([idOf(A), idOf(B)], [A, B])).toEqual([1, 2]);
  });

  test.each([
    ['another tenant', [B, A]],
    ['no tenant', [null, null]],
    ['fewer tenants than ids', []],
  ])('is nothing with %s', async (_, tenants) => {
    expect(await operations([idOf(A), idOf(B)], tenants)).toEqual([]);
    expect(await events([idOf(A), idOf(B)], tenants)).toEqual([]);
  });

  test('is one foreign id less in a batch', async () => {
    expect(await operations([idOf(A), idOf(A), idOf(B)], [A, B, B])).toEqual([A, B]);
    expect(await events([idOf(A), idOf(A), idOf(B)], [A, B, B])).toEqual([1, 3]);
  });
});

test('functions with the rights of their owner are for one role, and find nothing by a search path', async () => {
  const { rows } = await database.client.query<{ name: string; roles: string[]; isSafe: boolean }>(
    `SELECT pg_proc.oid::regprocedure::text AS name, proconfig = ARRAY['search_path=pg_catalog, pg_temp'] AS "isSafe",
       ARRAY(SELECT role FROM unnest($1::text[]) AS role WHERE has_function_privilege(role, pg_proc.oid, 'EXECUTE'))
         AS roles
     FROM pg_proc WHERE prosecdef AND pronamespace::regnamespace::text IN ('public', 'sandbox', 'bullmq') ORDER BY 1`,
    [SERVING_ROLES],
  );
  expect(rows.map(({ name, roles, isSafe }) => [name, ...roles, isSafe])).toEqual([
    ['events_of_tenants(uuid[],uuid[],integer[],integer[],integer)', QUERY, true],
    ['operations_of_tenants(uuid[],uuid[])', QUERY, true],
    ['queue_prepare(text)', HOT, true],
    ['webhook_outbox_enable()', HOT, true],
  ]);
});

/** Whatever a role may do with a relation or one of its columns: `name right`. */
async function rightsOf(role: string, kinds = ['r', 'p', 'v', 'm', 'f', 'S']): Promise<string[]> {
  const { rows } = await database.client.query<{ found: string }>(
    `SELECT DISTINCT nspname || '.' || relname || ' ' || right_name AS found
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace,
       unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'USAGE']) AS right_name
     WHERE relkind = ANY ($2) AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'bullmq')
       AND CASE WHEN relkind = 'S' THEN right_name IN ('SELECT', 'UPDATE', 'USAGE')
           AND has_sequence_privilege($1, pg_class.oid, right_name)
         WHEN right_name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
           THEN has_any_column_privilege($1, pg_class.oid, right_name)
         WHEN right_name <> 'USAGE' THEN has_table_privilege($1, pg_class.oid, right_name) END
     ORDER BY 1`,
    [role, kinds],
  );
  return rows.map(({ found }) => found);
}

describe('the hot role', () => {
  test('has no right on any table, view, column or sequence but the queue’s', async () => {
    expect(await rightsOf(HOT)).toEqual([]);
    expect((await rightsOf(WORK)).length).toBeGreaterThan(40);
  });

  test('is refused each of them, whatever its statement asks for', async () => {
    const found = Object.entries(await seenOfAll(hot)).filter(([name]) => !name.startsWith('bullmq.'));
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter(([, rows]) => rows !== '42501')).toEqual([]);
  });

  test('prepares a queue together with others that start at the same moment', async () => {
    const { url } = await servingAddresses({ url: database.url, directUrl: database.url });
    const others = Array.from({ length: 8 }, () => new pg.Client(url));
    await Promise.all(others.map((other) => other.connect()));
    const prepared = others.map((other) => other.query(`SELECT queue_prepare('of the test')`));
    const failed = (await Promise.allSettled(prepared)).filter(({ status }) => status === 'rejected');
    await Promise.all(others.map((other) => other.end()));
    expect(failed).toEqual([]);
  });

  test.each([
    'CREATE TABLE public.mine ()',
    'CREATE TABLE hot.mine ()',
    'CREATE FUNCTION hot.mine() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE SCHEMA mine',
    'ALTER TABLE operation DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE operation NO FORCE ROW LEVEL SECURITY',
    'DROP POLICY work ON operation',
    'CREATE ROLE mine',
    `SET ROLE ${QUERY}`,
    `SET ROLE ${WORK}`,
  ])('may not %s', async (statement) => {
    expect(await codeOf(hot.query(statement))).toBe('42501');
  });
});

describe('the functions of the statements', () => {
  const functions = async () => {
    const { rows } = await database.client.query<Record<string, unknown> & { name: string }>(
      `SELECT proname AS name, pg_get_userbyid(proowner)::text AS owner, prosecdef AS "isDefiner",
         'search_path=pg_catalog, public, pg_temp' = ANY(proconfig) AS "isPinned",
         ARRAY(SELECT role FROM unnest($1::text[]) AS role WHERE has_function_privilege(role, pg_proc.oid, 'EXECUTE'))
           AS callers
       FROM pg_proc WHERE pronamespace = 'hot'::regnamespace ORDER BY proname COLLATE "C"`,
      [SERVING_ROLES],
    );
    return rows;
  };

  test('are one a statement, with the rights of a role that nobody logs in with, for the hot role alone', async () => {
    expect(await functions()).toEqual(
      STATEMENTS.map(({ functionName: name }) => name)
        .sort()
        .map((name) => ({ name, owner: WORK, isDefiner: true, isPinned: true, callers: [HOT] })),
    );
    expect(STATEMENTS.length).toBeGreaterThan(90);
  });

  test('are made and run by nobody else', async () => {
    const { rows } = await database.client.query(
      `SELECT role FROM unnest($1::text[]) AS role WHERE has_schema_privilege(role, 'hot', 'CREATE')
         OR role <> $2 AND has_schema_privilege(role, 'hot', 'USAGE')`,
      [['public', ...ROLES], HOT],
    );
    expect(rows).toEqual([]);
  });

  const [FIRST] = STATEMENTS as [Statement];
  const comment = (signature: string, daysAgo: number) => `
    DO $$ BEGIN
      EXECUTE format('COMMENT ON FUNCTION ${signature} IS %L', to_char(current_date - ${daysAgo}, 'YYYY-MM-DD'));
    END $$`;
  /** A function of another version, last wanted so many days ago. */
  const plant = (name: string, daysAgo: number) =>
    database.client.query(`
      CREATE FUNCTION hot.${name}() RETURNS SETOF integer LANGUAGE sql AS 'SELECT 1';
      ${comment(`hot.${name}()`, daysAgo)}`);
  const planted = async () =>
    (await functions())
      .map(({ name }) => name)
      .filter((name) => STATEMENTS.every((each) => each.functionName !== name));

  test('of other versions stay for 30 days, and for as long as a process with other statements is connected', async () => {
    await plant('of_last_week', 7);
    await plant('of_last_year', 365);
    await migrate(database.url, STATEMENTS);
    expect(await planted()).toEqual(['of_last_week', 'of_last_year']);
    await hot.end();
    await migrate(database.url, STATEMENTS);
    expect(await planted()).toEqual(['of_last_week']);
    await database.client.query('DROP FUNCTION hot.of_last_week()');
    await connectHot();
  });

  test('are wanted by each start', async () => {
    const { rows } = await database.client.query<{ name: string }>(
      'SELECT oid::regprocedure::text AS name FROM pg_proc WHERE proname = $1',
      [FIRST.functionName],
    );
    const daysAgo = async () => {
      const { rows: found } = await database.client.query<{ days: number }>(
        `SELECT current_date - obj_description($1::regprocedure, 'pg_proc')::date AS days`,
        [rows[0]?.name],
      );
      return found[0]?.days;
    };
    await database.client.query(comment(rows[0]?.name ?? '', 40));
    expect(await daysAgo()).toBe(40);
    await migrate(database.url, STATEMENTS);
    expect(await daysAgo()).toBe(0);
  });

  test('of one text and another are two, side by side', async () => {
    const other = statement(FIRST.name, `${FIRST.body} `);
    expect(other.functionName).not.toBe(FIRST.functionName);
    await migrate(database.url, [other]);
    expect(await planted()).toEqual([other.functionName]);
    await database.client.query(`DROP ROUTINE hot.${other.functionName}`);
  });

  test('change no row of another tenant, and find none', async () => {
    const foundBy = async ([{ text }, values]: [Statement, unknown[]]) => {
      const { rows } = await inRolledBack(hot, () => hot.query<Record<string, unknown>>(text, values));
      // A page of deliveries answers with one row, whatever is in it.
      return rows.filter(({ last }) => last !== null).length;
    };
    await database.client.query(`
      UPDATE operation SET finished_at = NULL;
      SELECT setval(pg_get_serial_sequence('webhook_delivery', 'id'), 100)`);
    for (const each of pairs(A, idOf(A))) expect([each[0].name, await foundBy(each)]).toEqual([each[0].name, 1]);
    for (const each of pairs(B, idOf(A))) expect([each[0].name, await foundBy(each)]).toEqual([each[0].name, 0]);
  });
});

/** What clients name, as pairs of a tenant and an id. Rows are as `fill` made them. */
function pairs(tenant: string, id: string): [Statement, unknown[]][] {
  const at = new Date();
  const { current } = newOperation();
  const changed = operations.changedAs([{ ...current, id, tenant, expectedVersion: 1, expectedFence: 1 }], []);
  return [
    [operations.changeWith(NO_COMPANIONS), changed],
    [operations.REQUEST_CANCEL, [id, tenant, at]],
    [operations.PROPOSE_RESOLUTION, [id, tenant, '{}']],
    [operations.REVOKE_WATCH_TOKENS, [id, tenant]],
    [webhooks.CHANGE_ENDPOINT, [tenant, id, '{}']],
    [webhooks.DELETE_ENDPOINT, [tenant, id]],
    [webhooks.ADD_TEST, [id, at, 'test', tenant]],
    [webhooks.RESEND, [id, 1, at, tenant]],
    [webhooks.LAST_BEFORE, [id, at, tenant]],
    [webhooks.RESEND_PAGE, [id, 0, at, ['given_up'], tenant]],
  ];
}

async function inRolledBack<T>(by: pg.Client, run: () => Promise<T>): Promise<T> {
  await by.query('BEGIN');
  try {
    return await run();
  } finally {
    await by.query('ROLLBACK');
  }
}

describe('what the functions may do', () => {
  const allowed = async (right: string) =>
    (await rightsOf(WORK, ['r', 'p'])).flatMap((found) => {
      const [name = '', of] = found.split(' ');
      return of === right ? name.replace('public.', '') : [];
    });

  test('is to delete where a statement of the service deletes', async () => {
    expect(await allowed('DELETE')).toEqual([
      'failed_login',
      'job_outbox',
      'operation',
      'operation_event',
      'provider_event',
      'retention_due',
      'webhook_delivery',
      'webhook_endpoint',
      'webhook_outbox',
      'worker_lease',
    ]);
    for (const right of ['TRUNCATE', 'REFERENCES', 'TRIGGER']) expect(await allowed(right)).toEqual([]);
  });

  test('is to add to the audit trail, and neither to read nor to change it', async () => {
    for (const statement of ['SELECT FROM', 'DELETE FROM', 'TRUNCATE'])
      expect(await codeOf(work.query(`${statement} audit_event`))).toBe('42501');
    await expect(work.query(`UPDATE audit_event SET actor = 'somebody else'`)).rejects.toThrow(
      'permission denied for table audit_event',
    );
  });

  test.each(['tenant', 'kind', 'idempotency_key', 'created_at'])(
    'is never to change the %s of an operation',
    async (name) => {
      expect(await codeOf(work.query(`UPDATE operation SET ${name} = ${name}`))).toBe('42501');
    },
  );

  test('is nothing with the queue', async () => {
    expect(await codeOf(work.query('SELECT FROM bullmq.job'))).toBe('42501');
  });
});

test('the roles are no superusers, bypass no policy, and own no table', async () => {
  const { rows } = await database.client.query(
    `SELECT rolname FROM pg_roles WHERE pg_has_role(rolname, $1, 'MEMBER') AND NOT rolsuper
       OR rolname = ANY ($2) ORDER BY 1`,
    [HOT, ROLES],
  );
  expect(rows.length).toBeGreaterThan(3);
  const { rows: wrong } = await database.client.query(
    `SELECT rolname FROM pg_roles WHERE rolname LIKE 'outcome\\_%' AND (rolsuper OR rolbypassrls OR rolcreaterole
       OR rolcreatedb OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid))`,
  );
  expect(wrong).toEqual([]);
});

test('a database that was restored without its roles gets all of it back at the next start', async () => {
  const { client } = database;
  const callable = async () => {
    const { rows } = await client.query(
      `SELECT proname, pg_get_userbyid(proowner), has_function_privilege($1, oid, 'EXECUTE') FROM pg_proc
       WHERE pronamespace = 'hot'::regnamespace AND has_schema_privilege($1, 'hot', 'USAGE') ORDER BY 1`,
      [HOT],
    );
    return rows as unknown[];
  };
  const state = async () => [await unguarded(), await seenOfAll(query, A), await rightsOf(WORK), await callable()];
  const before = await state();
  await client.query(`
    REVOKE ALL ON ALL TABLES IN SCHEMA public, sandbox, bullmq FROM ${ROLES.join(', ')};
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hot FROM ${HOT};
    REVOKE ALL ON SCHEMA sandbox, bullmq, hot FROM ${ROLES.join(', ')};
    DO $$ DECLARE found record; BEGIN
      FOR found IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'hot'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO CURRENT_USER', found.name);
      END LOOP;
      FOR found IN SELECT * FROM pg_policies LOOP
        EXECUTE format('DROP POLICY %I ON %I.%I', found.policyname, found.schemaname, found.tablename);
        EXECUTE format('ALTER TABLE %I.%I NO FORCE ROW LEVEL SECURITY', found.schemaname, found.tablename);
      END LOOP;
    END $$`);
  expect(await unguarded()).not.toEqual([]);
  await migrate(database.url, STATEMENTS);
  expect(await state()).toEqual(before);
});

test('what the hot role had before it had functions goes once no process of that version is connected', async () => {
  await database.client.query(`
    GRANT SELECT, UPDATE (status) ON operation TO ${HOT};
    CREATE POLICY hot ON operation TO ${HOT} USING (true)`);
  const former = async () => [
    ...(await rightsOf(HOT)),
    ...(await database.client.query(`SELECT FROM pg_policies WHERE policyname = 'hot'`)).rows,
  ];
  await migrate(database.url, STATEMENTS);
  expect(await former()).toEqual(['public.operation SELECT', 'public.operation UPDATE', {}]);
  await hot.end();
  await migrate(database.url, STATEMENTS);
  expect(await former()).toEqual([]);
  await connectHot();
});

test('a policy whose condition has changed replaces the former one', async () => {
  await database.client.query(`CREATE POLICY query_00000000 ON operation FOR SELECT TO ${QUERY} USING (true)`);
  expect(await seen(query, { name: 'public.operation', kind: 'r', columns: [] })).toBe('ab');
  await migrate(database.url, STATEMENTS);
  expect(await seen(query, { name: 'public.operation', kind: 'r', columns: [] })).toBe('');
});

test('a tenant that is no UUID fails the statement', async () => {
  await query.query(`BEGIN; SET LOCAL outcome.tenant = 'x'' OR true'`);
  expect(await codeOf(query.query('SELECT FROM operation'))).toBe('22P02');
  await query.query('ROLLBACK');
  expect(await seen(query, { name: 'public.operation', kind: 'r', columns: [] }, randomUUID())).toBe('');
});

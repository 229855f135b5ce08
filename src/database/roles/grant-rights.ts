import pg from 'pg';
import { policiesOf, type Relation, rightsOn, TABLE_RIGHTS } from './table-rights.js';
import { HOT, QUERY, SERVING_ROLES, type ServingRole, ServingRolesUnusable } from './serving-roles.js';

type Client = Pick<pg.Client, 'query'>;

/** Functions of the owner's that do for a role what it may not do itself. */
const FUNCTIONS: readonly (readonly [string, ServingRole])[] = [
  ['public.webhook_outbox_enable()', HOT],
  ['public.queue_prepare(text)', HOT],
  ['public.operations_of_tenants(uuid[], uuid[])', QUERY],
  ['public.events_of_tenants(uuid[], uuid[], integer[], integer[], integer)', QUERY],
];

const SCHEMAS: readonly (readonly [string, readonly ServingRole[]])[] = [
  ['public', SERVING_ROLES],
  ['sandbox', [HOT]],
  ['bullmq', [HOT]],
];

const LOOK = `
SELECT space.nspname || '.' || class.relname AS name, class.relkind IN ('r', 'p') AS "isTable",
  pg_get_userbyid(class.relowner)::text AS owner,
  class.relrowsecurity AND class.relforcerowsecurity AS "isForced",
  ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = class.oid) AS policies,
  ARRAY(
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum
  ) AS columns,
  ARRAY(
    SELECT pg_get_userbyid(grantee) || ' ' || privilege_type FROM aclexplode(class.relacl)
    UNION ALL
    SELECT pg_get_userbyid(grantee) || ' ' || privilege_type || ' (' || attname || ')'
    FROM pg_attribute, aclexplode(attacl) WHERE attrelid = class.oid
  ) AS granted
FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
WHERE space.nspname IN ('public', 'sandbox', 'bullmq') AND class.relkind IN ('r', 'p', 'v', 'S')`;

interface Found extends Relation {
  isForced: boolean;
  policies: string[];
  /** `role right`. */
  granted: string[];
}

/**
 * Makes the group roles, if they are missing. They are of the whole server, and so shared by all databases of the
 * service there: another one may make them at the same time.
 */
export async function makeServingRoles(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT rolname AS name FROM pg_roles WHERE rolname = ANY($1)',
    [SERVING_ROLES],
  );
  const missing = SERVING_ROLES.filter((role) => !rows.some(({ name }) => name === role));
  for (const role of missing)
    try {
      await client.query(`CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION`);
    } catch (error) {
      const { code, message } = error as pg.DatabaseError;
      if (code === '42501') throw ServingRolesUnusable.cannotMake(`the role ${role}`, message);
      // duplicate_object, or unique_violation if both were made in the same moment.
      if (code !== '42710' && code !== '23505') throw error;
    }
}

/**
 * Gives the roles what they lack: rights, policies, row-level security itself. Compares with the catalogue first: most
 * of these statements wait for all transactions of a table. Also mends a database that was restored without its roles.
 */
export async function grantRights(client: Client): Promise<void> {
  const { rows } = await client.query<Found>(LOOK);
  const statements = [...(await missingOutside(client)), ...rows.flatMap(missingOn)];
  // In one message, and so in one transaction.
  if (statements.length > 0) await client.query(statements.join(';\n'));
}

function missingOn(found: Found): string[] {
  const { name, isTable, isForced, policies } = found;
  const wanted = policiesOf(found);
  const isStale = (policy: string) => policy.startsWith('query_') && wanted.every((each) => each.name !== policy);
  return [
    ...SERVING_ROLES.flatMap((role) => {
      const missing = rightsOn(found, role).filter((right) => !found.granted.includes(`${role} ${right}`));
      const kind = isTable || !name.startsWith('bullmq.') ? 'TABLE' : 'SEQUENCE';
      return missing.length > 0 ? [`GRANT ${missing.join(', ')} ON ${kind} ${name} TO ${role}`] : [];
    }),
    ...wanted
      .filter((policy) => !policies.includes(policy.name))
      .map((policy) => `CREATE POLICY ${pg.escapeIdentifier(policy.name)} ON ${name} ${policy.text}`),
    ...(name in TABLE_RIGHTS
      ? policies.filter(isStale).map((policy) => `DROP POLICY ${pg.escapeIdentifier(policy)} ON ${name}`)
      : []),
    ...(wanted.length > 0 && !isForced
      ? [`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`]
      : []),
  ];
}

/** Where PUBLIC has not kept what PostgreSQL gives it. */
async function missingOutside(client: Client): Promise<string[]> {
  const pairs = SCHEMAS.flatMap(([schema, roles]) => roles.map((role) => [schema, role] as const));
  const { rows } = await client.query<{ statement: string }>(
    `
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', schema, role) AS statement
FROM unnest($1::text[], $2::text[]) AS given (schema, role) WHERE NOT has_schema_privilege(role, schema, 'USAGE')
UNION ALL
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role) FROM unnest($3::text[]) AS role
WHERE NOT has_database_privilege(role, current_database(), 'CONNECT')
UNION ALL
SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), $4::text)
WHERE NOT has_database_privilege($4, current_database(), 'TEMPORARY')
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', name, role)
FROM unnest($5::text[], $6::text[]) AS given (name, role) WHERE NOT has_function_privilege(role, name, 'EXECUTE')
UNION ALL
SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' WHERE has_schema_privilege($4, 'public', 'CREATE')`,
    [
      pairs.map(([schema]) => schema),
      pairs.map(([, role]) => role),
      SERVING_ROLES,
      HOT,
      FUNCTIONS.map(([name]) => name),
      FUNCTIONS.map(([, role]) => role),
    ],
  );
  return rows.map(({ statement }) => statement);
}

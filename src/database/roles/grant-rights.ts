import pg from 'pg';
import { HOT, QUERY, type Role, ROLES, SERVING_ROLES, ServingRolesUnusable, WORK } from './serving-roles.js';
import { policiesOf, type Relation, rightsOn, TABLE_RIGHTS } from './table-rights.js';

type Client = Pick<pg.Client, 'query'>;

/** Functions of the owner's that do for a role what it may not do itself. */
const FUNCTIONS: readonly (readonly [string, Role])[] = [
  ['public.webhook_outbox_enable()', HOT],
  ['public.queue_prepare(text)', HOT],
  ['public.operations_of_tenants(uuid[], uuid[])', QUERY],
  ['public.events_of_tenants(uuid[], uuid[], integer[], integer[], integer)', QUERY],
];

const SCHEMAS: readonly (readonly [string, readonly Role[]])[] = [
  ['public', ROLES],
  ['sandbox', [WORK]],
  ['bullmq', [HOT]],
];

/** What `outcome_hot` had before it had functions. */
const FORMER_POLICY = 'hot';

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
 *
 * @param setting the one with the address of `client`
 */
export async function makeServingRoles(client: Client, setting: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT rolname AS name FROM pg_roles WHERE rolname = ANY($1)',
    [ROLES],
  );
  const missing = ROLES.filter((role) => !rows.some(({ name }) => name === role));
  for (const role of missing)
    try {
      await client.query(`CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION`);
    } catch (error) {
      const { code, message } = error as pg.DatabaseError;
      if (code === '42501') throw ServingRolesUnusable.cannotMake(`the role ${role}`, setting, message);
      // duplicate_object, or unique_violation if both were made in the same moment.
      if (code !== '42710' && code !== '23505') throw error;
    }
  await joinWork(client, setting);
}

/** Only a member of a role may give it what it has made. */
async function joinWork(client: Client, setting: string): Promise<void> {
  const { rows } = await client.query<{ isMember: boolean }>(`SELECT pg_has_role($1, 'USAGE') AS "isMember"`, [WORK]);
  if (rows[0]?.isMember) return;
  try {
    await client.query(`GRANT ${WORK} TO CURRENT_USER`);
  } catch (error) {
    if ((error as pg.DatabaseError).code !== '42501') throw error;
    throw ServingRolesUnusable.cannotMake(`itself a member of ${WORK}`, setting, (error as Error).message);
  }
}

/**
 * Whether processes with other statements are connected; `application` is the name of those with these. Versions before
 * the functions gave their connections no name; BullMQ gives its own.
 */
export async function doOthersServe(client: Client, application: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `
SELECT EXISTS (
  SELECT FROM pg_stat_activity JOIN pg_auth_members ON member = usesysid
  WHERE datname = current_database() AND roleid = $1::regrole AND usename <> CURRENT_USER
    AND (application_name = '' OR application_name LIKE 'outcome %' AND application_name <> $2)
) AS found`,
    [HOT, application],
  );
  return rows[0]?.found ?? false;
}

/**
 * Gives the roles what they lack: rights, policies, row-level security itself. Compares with the catalogue first: most
 * of these statements wait for all transactions of a table. Also mends a database that was restored without its roles.
 * What a former version needed goes, unless `othersServe`.
 */
export async function grantRights(client: Client, othersServe: boolean): Promise<void> {
  const { rows } = await client.query<Found>(LOOK);
  const statements = [
    ...(await missingOutside(client)),
    ...rows.flatMap(missingOn),
    ...(othersServe ? [] : rows.flatMap(formerOn)),
  ];
  // In one message, and so in one transaction.
  if (statements.length > 0) await client.query(statements.join(';\n'));
}

function missingOn(found: Found): string[] {
  const { name, isTable, isForced, policies } = found;
  const wanted = policiesOf(found);
  const isStale = (policy: string) => policy.startsWith('query_') && wanted.every((each) => each.name !== policy);
  return [
    ...ROLES.flatMap((role) => {
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

function formerOn({ name, policies, granted }: Found): string[] {
  if (name.startsWith('bullmq.')) return [];
  return [
    ...(granted.some((each) => each.startsWith(`${HOT} `)) ? [`REVOKE ALL ON TABLE ${name} FROM ${HOT}`] : []),
    ...(policies.includes(FORMER_POLICY) ? [`DROP POLICY ${FORMER_POLICY} ON ${name}`] : []),
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

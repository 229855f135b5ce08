import pg from 'pg';
import { FUNCTIONS_SCHEMA, type Statement } from '../statement.js';
import { describeStatement, type Description } from './describe-statement.js';
import { HOT, WORK } from './serving-roles.js';

type Client = Pick<pg.Client, 'query'>;

/** A function is kept for so long after the last start of a version that has its statement. */
const KEPT_DAYS = 30;

const LOOK = `
SELECT proname AS name, pg_proc.oid::regprocedure::text AS signature,
  prosecdef AND pg_get_userbyid(proowner) = $1 AND has_function_privilege($2, pg_proc.oid, 'EXECUTE')
    AND NOT EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0) AS "isRight",
  coalesce(obj_description(pg_proc.oid, 'pg_proc'), '') AS "wantedOn"
FROM pg_proc WHERE pronamespace = to_regnamespace($3)`;

interface Found {
  name: string;
  signature: string;
  /** Made to its end, and not lost by a restore without the roles. */
  isRight: boolean;
  /** The day of the last start that wanted it. */
  wantedOn: string;
}

/**
 * Makes the functions of these statements that are missing. Their names depend on their text, so that versions with
 * different statements run side by side. Those that no start has wanted for 30 days go, unless `othersServe`.
 */
export async function makeFunctions(
  client: Client,
  statements: readonly Statement[],
  othersServe: boolean,
): Promise<void> {
  const { rows: there } = await client.query<Found>(LOOK, [WORK, HOT, FUNCTIONS_SCHEMA]);
  const { rows: days } = await client.query<{ today: string; longAgo: string }>(
    `SELECT current_date::text AS today, (current_date - $1::integer)::text AS "longAgo"`,
    [KEPT_DAYS],
  );
  const { today = '', longAgo = '' } = days[0] ?? {};
  const found = new Map(there.map((each) => [each.name, each]));
  const wanted = new Set(statements.map(({ functionName }) => functionName));
  const missing = statements.filter(({ functionName }) => !found.get(functionName)?.isRight);
  const unwanted = there.filter(({ name, wantedOn }) => !wanted.has(name) && wantedOn < longAgo && !othersServe);
  const stale = there.filter(({ name, isRight, wantedOn }) => isRight && wanted.has(name) && wantedOn !== today);
  const changes = [
    ...(missing.length > 0 ? await made(client, missing, today) : []),
    ...stale.map(({ signature }) => `COMMENT ON FUNCTION ${signature} IS '${today}'`),
    ...unwanted.map(({ signature }) => `DROP FUNCTION ${signature}`),
  ];
  // In one message, and so in one transaction.
  if (changes.length > 0) await client.query(changes.join(';\n'));
}

async function made(client: Client, statements: readonly Statement[], today: string): Promise<string[]> {
  const described: [Statement, Description][] = [];
  for (const each of statements) described.push([each, await describeStatement(client, each.body)]);
  const types = await namesOf(
    client,
    described.flatMap(([, { parameters, columns = [] }]) => [...parameters, ...columns.map(({ type }) => type)]),
  );
  return [
    `CREATE SCHEMA IF NOT EXISTS ${FUNCTIONS_SCHEMA}`,
    `GRANT USAGE ON SCHEMA ${FUNCTIONS_SCHEMA} TO ${HOT}`,
    // Who owns a function must be able to create it, and only for as long.
    `GRANT CREATE ON SCHEMA ${FUNCTIONS_SCHEMA} TO ${WORK}`,
    ...described.flatMap(([each, description]) => definition(each, description, types, today)),
    `REVOKE CREATE ON SCHEMA ${FUNCTIONS_SCHEMA} FROM ${WORK}`,
  ];
}

async function namesOf(client: Client, oids: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await client.query<{ oid: number; name: string }>(
    'SELECT oid, format_type(oid, NULL) AS name FROM unnest($1::oid[]) AS oid',
    [[...new Set(oids)]],
  );
  return new Map(rows.map(({ oid, name }) => [oid, name]));
}

/**
 * PL/pgSQL keeps the plan for a connection; a function in SQL is planned at each call before PostgreSQL 18. The
 * planner's settings are those of the connection.
 */
function definition(
  { functionName, body }: Statement,
  { parameters, columns }: Description,
  types: ReadonlyMap<number, string>,
  today: string,
): string[] {
  if (columns?.length === 0) throw new Error(`Expected columns, or a change of rows, found neither: ${body}`);
  const signature = `${FUNCTIONS_SCHEMA}.${functionName}(${parameters.map((type) => types.get(type)).join(', ')})`;
  const returned = columns
    ? `TABLE (${columns.map(({ name, type }) => `${pg.escapeIdentifier(name)} ${types.get(type)}`).join(', ')})`
    : 'SETOF integer';
  const work = columns
    ? `BEGIN
  RETURN QUERY ${body.trim()};`
    : `DECLARE
  rows_changed integer;
BEGIN
  ${body.trim()};
  GET DIAGNOSTICS rows_changed = ROW_COUNT;
  RETURN QUERY SELECT generate_series(1, rows_changed);`;
  return [
    `CREATE OR REPLACE FUNCTION ${signature} RETURNS ${returned}
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp${planning(body)} AS $of_the_service$
#variable_conflict use_column
${work}
END $of_the_service$`,
    `COMMENT ON FUNCTION ${signature} IS '${today}'`,
    `REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${signature} TO ${HOT}`,
    `ALTER FUNCTION ${signature} OWNER TO ${WORK}`,
  ];
}

/** The connections plan a statement once, for any values. One that takes no batch may depend on them. */
const planning = (body: string) => (takesABatch(body) ? '' : ' SET plan_cache_mode = auto');
const takesABatch = (body: string) => body.includes('unnest(') || body.includes('id = ANY(');

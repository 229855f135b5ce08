import { type ColumnOptions, getMetadataArgsStorage } from 'typeorm';
import { arrayLiteral, type Element } from '../../database/array-literal.js';
import type { CombinedStatements } from '../../database/companion.js';
import { callOf, type Statement, statement } from '../../database/statement.js';
import { OperationEntity } from './operation.entity.js';

/**
 * The statements of the hot path: each takes any number of operations as arrays, in one round trip and one commit. All
 * other reads use TypeORM.
 */

type Columns = Readonly<Record<string, string>>;

const COLUMNS = getMetadataArgsStorage().filterColumns(OperationEntity);

/** Name → type of those columns of the entity that TypeORM too would insert, or change. */
const columnsThat = (wanted: (options: ColumnOptions) => boolean): Columns =>
  Object.fromEntries(
    COLUMNS.filter(({ options }) => wanted(options)).map(({ options: { name, type }, propertyName }) => [
      name ?? propertyName,
      String(type),
    ]),
  );

const ADDED = columnsThat(({ insert }) => insert !== false);
const MUTABLE = columnsThat(({ update }) => update !== false);

export const EVENT = {
  operation_id: 'uuid',
  version: 'integer',
  type: 'text',
  occurred_at: 'timestamptz',
  snapshot: 'jsonb',
  detail: 'jsonb',
} as const;

const CHANGED = {
  id: 'uuid',
  tenant: 'uuid',
  expected_version: 'integer',
  expected_fence: 'integer',
  ...MUTABLE,
} as const;

const names = (columns: Columns) => Object.keys(columns).join(', ');
export const camel = (column: string) => column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** `unnest($1::uuid[], …) AS name(id, …)`: the rows of a batch, one array per column; parameters start at `first`. */
function rows(name: string, columns: Columns, first = 1): string {
  const parameters = Object.values(columns).map((type, at) => `$${first + at}::${type}[]`);
  return `unnest(${parameters.join(', ')}) AS ${name}(${names(columns)})`;
}

const storeEvents = (first: number) => `
  INSERT INTO operation_event (${names(EVENT)})
  SELECT event.* FROM ${rows('event', EVENT, first)} JOIN stored ON stored.id = event.operation_id`;

const count = (columns: Columns) => Object.keys(columns).length;

/** A statement of so many parameters with any companions, made once for each combination. */
function withCompanions(name: string, parameters: number, body: (companions: string) => string) {
  const made = new Map<string, Statement>();
  return (companions: CombinedStatements): Statement => {
    const known = made.get(companions.name);
    if (known) return known;
    const combination = statement(`${name}${companions.name}`, body(companions.ctes(parameters + 1)));
    made.set(companions.name, combination);
    return combination;
  };
}

/** Returns the stored ids: those whose idempotency key was free. */
export const addWith = withCompanions(
  'operation-add',
  count(ADDED) + count(EVENT),
  (companions) => `
WITH stored AS (
  INSERT INTO operation (${names(ADDED)}) SELECT * FROM ${rows('given', ADDED)}
  ON CONFLICT (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
  RETURNING id
), event_stored AS (${storeEvents(count(ADDED) + 1)}
)${companions}
SELECT id FROM stored`,
);

/**
 * Adds the given jobs, too, unless nothing is stored. They belong to the queue, which the function may not touch. Their
 * parameters come first; as many parameters are the same statement.
 */
export const withJobs = (add: Statement, jobs: { text: string; values: readonly unknown[] }) => ({
  name: `${add.name}-with-jobs-${jobs.values.length}`,
  text: `SELECT id, ${jobs.text} AS jobs FROM ${callOf(add, jobs.values.length + 1)}`,
});

/**
 * The guarded write. It finds its rows by their id: with `=`, the planner takes the index of tenants, which is larger.
 * Returns the operations that it changed: those still at the expected version and fence. Companions
 * that belong to no operation (`needsStored`) are stored even if theirs is not changed.
 */
export const changeWith = withCompanions(
  'operation-change',
  count(CHANGED) + count(EVENT),
  (companions) => `
WITH stored AS (
  UPDATE operation SET ${Object.keys(MUTABLE)
    .map((column) => `${column} = given.${column}`)
    .join(', ')}
  FROM ${rows('given', CHANGED)}
  WHERE operation.id = given.id AND operation.tenant IS NOT DISTINCT FROM given.tenant
    AND operation.version = given.expected_version AND operation.fence = given.expected_fence
  RETURNING operation.id, operation.cancel_requested_at
), event_stored AS (${storeEvents(count(CHANGED) + 1)}
)${companions}
SELECT id, cancel_requested_at AS "cancelRequestedAt" FROM stored`,
);

export const RECORD = Object.keys(columnsThat(() => true)).map((column) => `${column} AS "${camel(column)}"`);

/** For the service itself. */
export const FIND = statement(
  'operation-find',
  `SELECT ${RECORD.join(', ')} FROM unnest($1::uuid[]) AS wanted(wanted_id) JOIN operation ON id = wanted_id`,
);

/** For the service itself, of what it watches. */
export const VERSIONS = statement(
  'operation-versions',
  `SELECT id, version, status, watch_generation AS "watchGeneration" FROM operation WHERE id = ANY($1::uuid[])`,
);

/** By the index of deadlines; but for the kinds $2 that wait for the customer. */
export const PAST_DEADLINE = statement(
  'operation-past-deadline',
  `
SELECT id FROM operation
WHERE expires_at <= $1 AND finished_at IS NULL
  AND (status = 'pending' OR (status = 'requires_action' AND kind <> ALL($2::text[])))
LIMIT $3`,
);

/** Of all tenants, by the index of attention. */
export const COUNT_ATTENTION = statement(
  'operation-count-attention',
  'SELECT count(*)::integer AS count FROM operation WHERE attention_at <= now()',
);

export const DETAILS_OF = statement(
  'operation-details-of',
  `SELECT detail FROM operation_event WHERE operation_id = $1 AND type = $2`,
);

/** Records a cancel request while a worker holds the operation: this worker, or the next, applies it. */
export const REQUEST_CANCEL = statement(
  'operation-request-cancel',
  `UPDATE operation SET cancel_requested_at = coalesce(cancel_requested_at, $3)
    WHERE id = $1 AND tenant = $2 AND finished_at IS NULL RETURNING id`,
);

export const PROPOSE_RESOLUTION = statement(
  'operation-propose-resolution',
  `UPDATE operation SET proposed_resolution = $3 WHERE id = $1 AND tenant = $2 AND finished_at IS NULL
    RETURNING id`,
);

export const REVOKE_WATCH_TOKENS = statement(
  'operation-revoke-watch-tokens',
  `UPDATE operation SET watch_generation = watch_generation + 1 WHERE id = $1 AND tenant = $2
    RETURNING watch_generation AS generation`,
);

/** A page, by id, of the operations that a worker should be running. */
export const IDLE = statement(
  'operation-idle',
  `
SELECT id, job_id AS "jobId" FROM operation
WHERE (status IN ('pending', 'processing', 'reconciling') OR (status = 'requires_action' AND kind = ANY($4::text[])))
  AND greatest(updated_at, next_attempt_at) < $1 AND id > $2
ORDER BY id LIMIT $3`,
);

/** Makes a job a tenant responsible for the operations whose job is still the one that was read. */
export const RESCUE = statement(
  'operation-rescue',
  `
UPDATE operation SET job_id = $3::text || ' ' || tenant FROM unnest($1::uuid[], $2::text[]) AS given(id, job_id)
WHERE operation.id = given.id AND operation.job_id IS NOT DISTINCT FROM given.job_id AND finished_at IS NULL
RETURNING operation.id, tenant, operation.job_id AS "jobId"`,
);

/** Runs a waiting operation now, by a new job. No-op if a worker has claimed it or if it is due. */
export const EXPEDITE = statement(
  'operation-expedite',
  `UPDATE operation SET job_id = $2, next_attempt_at = $3 WHERE id = $1 AND finished_at IS NULL
    AND next_attempt_at > $3 RETURNING tenant`,
);

/** Takes some whose time has come and postpones them: if the process crashes, another one asks about them later. */
export const TAKE_UNCONFIRMED = statement(
  'operation-take-unconfirmed',
  `
UPDATE operation SET unconfirmed_since = $2 WHERE id IN (
  SELECT id FROM operation WHERE unconfirmed_since <= $1 ORDER BY unconfirmed_since LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id, finished_at AS "finishedAt"`,
);

/** The provider has answered, or, with $2, an operator must find out. */
export const CONFIRM = statement(
  'operation-confirm',
  'UPDATE operation SET unconfirmed_since = NULL, attention_at = coalesce(attention_at, $2) WHERE id = $1',
);

type Row = Readonly<Record<string, unknown>>;

const parametersOf = (columns: Columns) =>
  Object.entries(columns).map(([column, type]) => ({ property: camel(column), isJson: type === 'jsonb' }));

/** The parameters of `rows`: one array per column. */
function arrays(
  parameters: ReturnType<typeof parametersOf>,
  given: readonly Row[],
  toJson: (value: unknown) => string = JSON.stringify,
): string[] {
  return parameters.map(({ property, isJson }) => {
    const values = given.map((row) => row[property]);
    return arrayLiteral(
      isJson ? values.map((value) => (value === null ? null : toJson(value))) : (values as Element[]),
    );
  });
}

/**
 * NUL, or half of a surrogate pair, as JSON.stringify escapes it (after an even number of backslashes): jsonb accepts
 * neither.
 */
const NOT_TEXT = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f]..)/g;

/** Text from a provider may contain anything, and must not prevent an operation from ending. */
function legible(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes('\\u') ? json.replace(NOT_TEXT, '$1\ufffd') : json;
}

const ADDED_PARAMETERS = parametersOf(ADDED);
const CHANGED_PARAMETERS = parametersOf(CHANGED);
const EVENT_PARAMETERS = parametersOf(EVENT);

export const addedAs = (operations: readonly Row[], events: readonly Row[]) => [
  ...arrays(ADDED_PARAMETERS, operations),
  ...arrays(EVENT_PARAMETERS, events),
];
export const changedAs = (operations: readonly Row[], events: readonly Row[]) => [
  ...arrays(CHANGED_PARAMETERS, operations, legible),
  ...arrays(EVENT_PARAMETERS, events, legible),
];

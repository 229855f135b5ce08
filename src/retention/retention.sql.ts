import { statement } from '../database/statement.js';

/**
 * The statements of retention and erasure, which run off the hot path. They name every table that says something of an
 * operation: a new one belongs here as well.
 */

/** What is kept of an event's detail: codes, counts and times. The rest quotes the provider or a person. */
const KEPT_DETAILS = [
  'answer',
  'attempt',
  'lookUp',
  'nextAttemptAt',
  'nextLookUpAt',
  'providerCode',
  'reversedBy',
  'unexplained',
];

/** Of these types `reason` is a code; of others, the words of an operator. */
const CODED_REASONS = ['operation.retrying', 'operation.reconciling'];

const textArray = (values: readonly string[]) => `ARRAY[${values.map((value) => `'${value}'`).join(', ')}]`;

/** Of an object, the fields that its kind keeps: $2 is `{kind: {input: […], result: […]}}`. */
const kept = (value: string, part: 'input' | 'result', otherwise: string) => `
  CASE jsonb_typeof(${value}) WHEN 'object' THEN coalesce((
    SELECT jsonb_object_agg(key, value) FROM jsonb_each(${value}) WHERE ($2::jsonb -> kind -> '${part}') ? key
  ), '{}') ELSE ${otherwise} END`;

const withoutMessage = (progress: string, otherwise: string) =>
  `CASE jsonb_typeof(${progress}) WHEN 'object' THEN ${progress} || '{"message": null}' ELSE ${otherwise} END`;

/** $1: the act; $2: now; $3: the most. */
export const DUE = statement(
  'retention-due',
  `
SELECT operation_id AS id FROM retention_due WHERE act = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3`,
);

/** Locked, so that two processes do not walk side by side. */
export const PROGRESS = statement(
  'retention-progress',
  'SELECT after FROM retention_progress WHERE act = $1 FOR UPDATE',
);

export const MOVE_ON = statement(
  'retention-move-on',
  `
INSERT INTO retention_progress (act, after) VALUES ($1, $2) ON CONFLICT (act) DO UPDATE SET after = excluded.after`,
);

/** Ids between $1 and $2. */
export const PAGE = statement(
  'retention-page',
  'SELECT id FROM operation WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3',
);

/**
 * What decides whether it may go. `comparedUntil`: the service still compares the money of its charge with the
 * provider, for half a year after the charge was sent, since it may be disputed. `isMoving`: something that moves this
 * money has not ended, or needs a person.
 */
export const ASSESS = statement(
  'retention-assess',
  `
SELECT operation.id, finished_at AS "finishedAt", stripped_at IS NOT NULL AS "isStripped",
  attention_at IS NULL AND unconfirmed_since IS NULL AS "isConfirmed",
  CASE WHEN payment.reconcile_at IS NOT NULL
    THEN greatest(payment.reconcile_at, payment.sent_at + interval '180 days') END AS "comparedUntil",
  coalesce((
    SELECT bool_or(mover.finished_at IS NULL OR mover.attention_at IS NOT NULL)
    FROM payment_movement AS other JOIN operation AS mover ON mover.id = other.operation_id
    WHERE other.charge_operation_id = payment.charge_operation_id
  ), false) AS "isMoving"
FROM unnest($1::uuid[]) AS given (id) JOIN operation ON operation.id = given.id
LEFT JOIN payment_movement AS movement ON movement.operation_id = given.id
LEFT JOIN payment ON payment.charge_operation_id = coalesce(movement.charge_operation_id, given.id)`,
);

/** Those that may still go, until the end of the transaction. In the order of ids, as the batches of the hot path. */
export const HOLD = statement(
  'retention-hold',
  `
SELECT id FROM operation
WHERE id = ANY ($1::uuid[]) AND finished_at IS NOT NULL AND attention_at IS NULL AND unconfirmed_since IS NULL
ORDER BY id FOR UPDATE`,
);

/** A new fence: a writer that has read the operation before is refused, since it would store the content again. */
export const STRIP = statement(
  'retention-strip',
  `
WITH stripped AS (
  UPDATE operation SET stripped_at = $3, fence = fence + 1, metadata = '{}', next_action = NULL,
    proposed_resolution = NULL,
    input = ${kept('input', 'input', `'{}'`)},
    result = ${kept('result', 'result', 'NULL')},
    progress = ${withoutMessage('progress', 'NULL')}
  WHERE id = ANY ($1::uuid[]) AND stripped_at IS NULL
  RETURNING id, kind
)
UPDATE operation_event SET
  snapshot = snapshot || jsonb_build_object('nextAction', NULL,
    'result', ${kept(`snapshot -> 'result'`, 'result', 'NULL')},
    'progress', ${withoutMessage(`(snapshot -> 'progress')`, 'NULL')}),
  detail = CASE jsonb_typeof(detail) WHEN 'object' THEN coalesce((
    SELECT jsonb_object_agg(key, value) FROM jsonb_each(detail)
    WHERE key = ANY (${textArray(KEPT_DETAILS)}) OR (key = 'reason' AND type = ANY (${textArray(CODED_REASONS)}))
  ), '{}') END
FROM stripped WHERE operation_id = stripped.id`,
);

/** What endpoints have answered may quote what they were sent. */
export const STRIP_DELIVERIES = statement(
  'retention-strip-deliveries',
  `
UPDATE webhook_delivery SET attempts = (SELECT jsonb_agg(attempt || '{"body": ""}') FROM jsonb_array_elements(attempts)
  AS attempt)
WHERE operation_id = ANY ($1::uuid[]) AND attempts <> '[]'`,
);

export const DELETE_EVENTS = statement(
  'retention-delete-events',
  'DELETE FROM operation_event WHERE operation_id = ANY ($1::uuid[])',
);

export const DELETE_DELIVERIES = statement(
  'retention-delete-deliveries',
  'DELETE FROM webhook_delivery WHERE operation_id = ANY ($1::uuid[])',
);

export const DELETE_OPERATIONS = statement(
  'retention-delete-operations',
  'DELETE FROM operation WHERE id = ANY ($1::uuid[])',
);

/** Whatever was still to be done with them. */
export const FORGET = statement('retention-forget', 'DELETE FROM retention_due WHERE operation_id = ANY ($1::uuid[])');

/** $1: the act. */
export const COMPLETE = statement(
  'retention-complete',
  'DELETE FROM retention_due WHERE act = $1 AND operation_id = ANY ($2::uuid[])',
);

/** $1: the act; then ids and times. */
export const POSTPONE = statement(
  'retention-postpone',
  `
INSERT INTO retention_due (operation_id, act, due_at)
SELECT id, $1::text, due_at FROM unnest($2::uuid[], $3::timestamptz[]) AS given (id, due_at)
ON CONFLICT (operation_id, act) DO UPDATE SET due_at = excluded.due_at`,
);

const FOUND = `id, status,
  finished_at IS NOT NULL AND attention_at IS NULL AND unconfirmed_since IS NULL AS "isFinal"`;

/**
 * Of a page of a tenant's operations, those whose metadata has all of $4; and the last of the page, null after the last
 * one. No index has the metadata: it would be written with every step of every operation, for a rare question.
 */
export const FIND_BY_METADATA = statement(
  'erasure-find-by-metadata',
  `
WITH page AS MATERIALIZED (
  SELECT id, status, finished_at, attention_at, unconfirmed_since, metadata FROM operation
  WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3
)
SELECT (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last, coalesce((
  SELECT jsonb_agg(to_jsonb(found)) FROM (SELECT ${FOUND} FROM page WHERE metadata @> $4::jsonb) AS found
), '[]') AS found`,
);

/** Captures, voids, refunds and reversals of these charges. */
export const FIND_MOVERS = statement(
  'erasure-find-movers',
  `
SELECT ${FOUND} FROM operation WHERE stripped_at IS NULL AND id = ANY (ARRAY(
  SELECT operation_id FROM payment_movement WHERE charge_operation_id = ANY ($1::uuid[])
)) AND NOT id = ANY ($1::uuid[])`,
);

/** How many of these are still to be erased. */
export const COUNT_LEFT = statement(
  'erasure-count-left',
  `SELECT count(*)::integer AS left FROM retention_due WHERE act = 'erase' AND operation_id = ANY ($1::uuid[])`,
);

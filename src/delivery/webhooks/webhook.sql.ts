import { statement } from '../../database/statement.js';

/** The statements of the dispatcher, which runs off the hot path. Times are the service's clock, never `now()`. */

/** Any number, the same in every process. */
const FAN_OUT_LOCK = 7_305_003;

/** So many requests at a time and process to an endpoint that answers well, and to one whose last attempt failed. */
const AT_ONCE = 10;
const AT_ONCE_WHILE_FAILING = 1;

/** Attempts that a delivery keeps, and shows. */
const MOST_ATTEMPTS = 15;

const TRIGGER = 'webhook_outbox_fill';

export const IS_FILLED = statement(
  'webhook-outbox-is-filled',
  `SELECT tgenabled <> 'D' AS "isFilled" FROM pg_trigger
    WHERE tgrelid = 'operation_event'::regclass AND tgname = '${TRIGGER}'`,
);

/**
 * Waits for the transactions that are storing events: every later one fills the outbox. A function of its own, since it
 * takes the rights of the table's owner.
 */
export const FILL = { name: 'webhook-outbox-enable', text: 'SELECT webhook_outbox_enable()' };

/** Without endpoints, nothing distributes what is left, and an endpoint to come must not receive it. */
export const EMPTY_OUTBOX = statement(
  'webhook-empty-outbox',
  'DELETE FROM webhook_outbox WHERE NOT EXISTS (SELECT FROM webhook_endpoint)',
);

export const COUNT_ENDPOINTS = statement(
  'webhook-count-endpoints',
  `
SELECT count(*) AS "all", count(*) FILTER (WHERE disabled_at IS NOT NULL) AS disabled,
  count(*) FILTER (WHERE disabled_reason IN ('gone', 'failing')) AS attention FROM webhook_endpoint`,
);

/**
 * Turns events of the outbox into deliveries, one per endpoint that wants the event. One process at a time: were two
 * events of an operation distributed by two, the later one could be visible, and sent, first. An event whose forerunner
 * waits for another attempt waits as long.
 */
export const FAN_OUT = statement(
  'webhook-fan-out',
  `
WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${FAN_OUT_LOCK}) AS mine),
taken AS (
  DELETE FROM webhook_outbox WHERE (SELECT mine FROM turn) AND id = ANY (ARRAY(
    SELECT id FROM webhook_outbox ORDER BY id LIMIT $2
  )) RETURNING id, operation_id, version, type
), event AS MATERIALIZED (
  SELECT taken.*, operation.kind, operation.tenant FROM taken JOIN operation ON operation.id = taken.operation_id
), combination AS MATERIALIZED (SELECT DISTINCT tenant, type, kind FROM event),
wanted AS MATERIALIZED (
  SELECT combination.tenant, combination.type, combination.kind, endpoint.id AS endpoint_id
  FROM combination JOIN webhook_endpoint AS endpoint
    ON endpoint.tenant = combination.tenant
    AND (endpoint.event_types IS NULL OR combination.type = ANY (endpoint.event_types))
    AND (endpoint.kinds IS NULL OR combination.kind = ANY (endpoint.kinds))
), added AS (
  INSERT INTO webhook_delivery
    (endpoint_id, operation_id, version, type, created_at, status, failures, next_attempt_at, attempts)
  SELECT wanted.endpoint_id, event.operation_id, event.version, event.type, $1::timestamptz, 'pending', 0,
    greatest($1::timestamptz, (
      SELECT max(next_attempt_at) FROM webhook_delivery AS earlier WHERE earlier.status = 'pending'
        AND earlier.endpoint_id = wanted.endpoint_id AND earlier.operation_id = event.operation_id
    )), '[]'
  FROM event JOIN wanted USING (tenant, type, kind) ORDER BY event.id
)
SELECT count(*)::integer AS taken FROM taken`,
);

/**
 * Claims due deliveries: of each enabled endpoint as many as it has room for in this process ($3 and $4: how many it
 * has there already), so that one that hangs takes nothing from another. Of an operation's deliveries to an endpoint,
 * only the first unfinished one. `busy` steps through the index from endpoint to endpoint: those without pending
 * deliveries are not visited.
 */
export const CLAIM = statement(
  'webhook-claim',
  `
WITH RECURSIVE busy (endpoint_id) AS (
  (SELECT endpoint_id FROM webhook_delivery WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT delivery.endpoint_id FROM webhook_delivery AS delivery
    WHERE delivery.status = 'pending' AND delivery.endpoint_id > busy.endpoint_id
    ORDER BY delivery.endpoint_id LIMIT 1
  ) FROM busy WHERE busy.endpoint_id IS NOT NULL
), endpoint AS MATERIALIZED (
  SELECT webhook_endpoint.id, CASE WHEN failing_since IS NULL THEN ${AT_ONCE} ELSE ${AT_ONCE_WHILE_FAILING} END
    - coalesce((SELECT held.count FROM unnest($3::uuid[], $4::integer[]) AS held (id, count)
        WHERE held.id = webhook_endpoint.id), 0) AS room
  FROM busy JOIN webhook_endpoint ON webhook_endpoint.id = busy.endpoint_id WHERE disabled_at IS NULL
), due AS MATERIALIZED (
  SELECT delivery.* FROM endpoint CROSS JOIN LATERAL (
    SELECT candidate.endpoint_id, candidate.id FROM webhook_delivery AS candidate
    WHERE candidate.status = 'pending' AND candidate.endpoint_id = endpoint.id AND candidate.next_attempt_at <= $1
      AND (candidate.claimed_until IS NULL OR candidate.claimed_until <= $1)
      AND NOT EXISTS (
        SELECT FROM webhook_delivery AS earlier WHERE earlier.status = 'pending'
          AND earlier.endpoint_id = candidate.endpoint_id AND earlier.operation_id = candidate.operation_id
          AND earlier.version < candidate.version
      )
    ORDER BY candidate.next_attempt_at LIMIT greatest(endpoint.room, 0) FOR UPDATE SKIP LOCKED
  ) AS delivery
), claimed AS (
  UPDATE webhook_delivery SET claimed_until = $2 FROM due
  WHERE webhook_delivery.endpoint_id = due.endpoint_id AND webhook_delivery.id = due.id
  RETURNING webhook_delivery.*
)
SELECT claimed.endpoint_id AS "endpointId", claimed.id, claimed.operation_id AS "operationId", claimed.version,
  claimed.type, claimed.created_at AS "createdAt", claimed.failures, claimed.claimed_until AS "claimedUntil",
  tenant, url, secret, failing_since AS "failingSince",
  CASE WHEN previous_secret_until > $1 THEN previous_secret END AS "previousSecret"
FROM claimed JOIN webhook_endpoint ON webhook_endpoint.id = claimed.endpoint_id`,
);

/**
 * Stores what came of an attempt, unless the claim was lost: then the one who has it now does. Later deliveries of the
 * operation wait for this one's next attempt ($8), or are due.
 */
export const COMPLETE = statement(
  'webhook-complete',
  `
WITH attempt AS (
  UPDATE webhook_delivery SET status = $4, failures = $5, next_attempt_at = $6, claimed_until = NULL,
    finished_at = $7, attempts = CASE WHEN jsonb_array_length(attempts) < ${MOST_ATTEMPTS} THEN attempts
      ELSE attempts - 0 END || $9::jsonb
  WHERE endpoint_id = $1 AND id = $2 AND status = 'pending' AND claimed_until = $3
  RETURNING endpoint_id, operation_id, version
), later AS (
  UPDATE webhook_delivery AS later SET next_attempt_at = $8 FROM attempt
  WHERE later.status = 'pending' AND later.endpoint_id = attempt.endpoint_id
    AND later.operation_id = attempt.operation_id AND later.version > attempt.version
    AND CASE WHEN $4 = 'pending' THEN later.next_attempt_at < $8 ELSE later.next_attempt_at > $8 END
)
SELECT version FROM attempt`,
);

/** Gives back what was not sent, or not to its end, because this process stops. */
export const RELEASE = statement(
  'webhook-release',
  `UPDATE webhook_delivery SET claimed_until = NULL
    WHERE endpoint_id = $1 AND id = $2 AND status = 'pending' AND claimed_until = $3`,
);

export const INSERT_ENDPOINT = statement(
  'webhook-endpoint-insert',
  `
INSERT INTO webhook_endpoint (id, tenant, url, description, event_types, kinds, secret, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

/** $1: the tenant; $2: the id; $3: the columns that change, as JSON. */
export const CHANGE_ENDPOINT = statement(
  'webhook-endpoint-change',
  `
UPDATE webhook_endpoint AS endpoint SET
  (url, description, event_types, kinds, secret, previous_secret, previous_secret_until, failing_since, disabled_at,
    disabled_reason) =
  (SELECT changed.url, changed.description, changed.event_types, changed.kinds, changed.secret, changed.previous_secret,
    changed.previous_secret_until, changed.failing_since, changed.disabled_at, changed.disabled_reason
    FROM jsonb_populate_record(endpoint, $3::jsonb) AS changed)
WHERE tenant = $1 AND id = $2`,
);

export const DELETE_ENDPOINT = statement(
  'webhook-endpoint-delete',
  'DELETE FROM webhook_endpoint WHERE tenant = $1 AND id = $2',
);

export const NOTE_SUCCESS = statement(
  'webhook-note-success',
  'UPDATE webhook_endpoint SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL',
);

export const NOTE_FAILURE = statement(
  'webhook-note-failure',
  'UPDATE webhook_endpoint SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL',
);

export const DISABLE = statement(
  'webhook-disable',
  `UPDATE webhook_endpoint SET disabled_at = $2, disabled_reason = $3 WHERE id = $1 AND disabled_at IS NULL`,
);

const DELIVERY = `
id, endpoint_id AS "endpointId", operation_id AS "operationId", version, type, created_at AS "createdAt", status,
next_attempt_at AS "nextAttemptAt", finished_at AS "finishedAt", attempts`;

export const ADD_TEST = statement(
  'webhook-add-test',
  `
INSERT INTO webhook_delivery
  (endpoint_id, version, type, created_at, status, failures, next_attempt_at, attempts)
SELECT id, 0, $3, $2::timestamptz, 'pending', 0, $2::timestamptz, '[]' FROM webhook_endpoint
WHERE id = $1 AND tenant = $4
RETURNING ${DELIVERY}`,
);

/** That the endpoint $1, which a client has named, is the tenant's. */
const OF_TENANT = (tenant: string) =>
  `(SELECT endpoint.tenant FROM webhook_endpoint AS endpoint WHERE endpoint.id = $1) = ${tenant}::uuid`;

/** Sends again what is finished, and now what waits. */
export const RESEND = statement(
  'webhook-resend',
  `
UPDATE webhook_delivery SET status = 'pending', failures = 0, next_attempt_at = $3, finished_at = NULL
WHERE endpoint_id = $1 AND id = $2 AND ${OF_TENANT('$4')} RETURNING ${DELIVERY}`,
);

/** The last delivery from before a moment. */
export const LAST_BEFORE = statement(
  'webhook-last-before',
  `SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND created_at < $2 AND ${OF_TENANT('$3')}
    ORDER BY id DESC LIMIT 1`,
);

/** Sends a page of finished deliveries again, oldest first. Its `last` is null after the last page. */
export const RESEND_PAGE = statement(
  'webhook-resend-page',
  `
WITH page AS MATERIALIZED (
  SELECT id, status FROM webhook_delivery WHERE endpoint_id = $1 AND id > $2 AND ${OF_TENANT('$5')}
  ORDER BY id LIMIT 1000
), again AS (
  UPDATE webhook_delivery SET status = 'pending', failures = 0, next_attempt_at = $3, finished_at = NULL
  WHERE endpoint_id = $1 AND id = ANY (ARRAY(SELECT id FROM page WHERE status = ANY ($4::text[])))
    AND status <> 'pending'
  RETURNING 1
)
SELECT (SELECT max(id) FROM page) AS last, (SELECT count(*)::integer FROM again) AS resent`,
);

/** Every endpoint that has deliveries, also if it was deleted. */
export const DELIVERED_TO = statement(
  'webhook-delivered-to',
  `
WITH RECURSIVE known (endpoint_id) AS (
  (SELECT endpoint_id FROM webhook_delivery ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT delivery.endpoint_id FROM webhook_delivery AS delivery WHERE delivery.endpoint_id > known.endpoint_id
    ORDER BY delivery.endpoint_id LIMIT 1
  ) FROM known WHERE known.endpoint_id IS NOT NULL
)
SELECT endpoint_id AS "endpointId" FROM known WHERE endpoint_id IS NOT NULL`,
);

/** Of the oldest deliveries to an endpoint, those from before a moment; all, where it was deleted. */
export const DELETE_OLD = statement(
  'webhook-delete-old',
  `
DELETE FROM webhook_delivery WHERE endpoint_id = $1 AND id = ANY (ARRAY(
  SELECT id FROM (
    SELECT id, created_at FROM webhook_delivery WHERE endpoint_id = $1 ORDER BY id LIMIT $3
  ) AS oldest WHERE created_at < $2 OR NOT EXISTS (SELECT FROM webhook_endpoint WHERE id = $1)
))`,
);

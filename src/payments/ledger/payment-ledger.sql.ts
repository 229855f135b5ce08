import type { CompanionStatement } from '../../database/companion.js';
import { statement } from '../../database/statement.js';
import type { Completion, Finding, Opening } from './ledger-entries.js';

/** The statements of the payment ledger. Those on every charge's path take any number of charges as arrays. */

/** A finding after the end of its operation is reconciled in the next round, not in a day. */
const HAS_ENDED = (operationId: string) =>
  `EXISTS (SELECT FROM operation_state WHERE id = ${operationId} AND finished_at IS NOT NULL)`;

const PAYMENT = `payment.charge_operation_id AS "chargeOperationId", payment.provider, payment.account,
  payment.reference, payment.currency, payment.authorized, payment.captured, payment.refunded, payment.disputed,
  payment.voided_at AS "voidedAt", payment.sent_at AS "sentAt", payment.updated_at AS "updatedAt"`;

const MOVEMENT = `payment_movement.id, operation_id AS "operationId", charge_operation_id AS "chargeOperationId",
  payment_movement.provider, type, amount, payment_movement.reference, reserved_at AS "reservedAt",
  done_at AS "doneAt"`;

export const openingsAs = (openings: readonly Opening[]) => [
  openings.map(({ chargeOperationId }) => chargeOperationId),
  openings.map(({ provider }) => provider),
  openings.map(({ currency }) => currency),
  openings.map(({ sentAt }) => sentAt),
  openings.map(({ account }) => account),
];

/** On a conflict, rewrites the row unchanged, so that RETURNING returns it. */
export const OPEN = statement(
  'payment-open',
  `
INSERT INTO payment (charge_operation_id, provider, account, currency, authorized, captured, refunded, sent_at,
  updated_at)
SELECT id, provider, account, currency, 0, 0, 0, sent_at, sent_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
  AS given(id, provider, currency, sent_at, account)
ON CONFLICT (charge_operation_id) DO UPDATE SET provider = payment.provider
RETURNING ${PAYMENT}`,
);

/** The opening of a charge that is claimed for the first time; stored with the claim. */
export const OPEN_WITH_CLAIM: CompanionStatement<Opening> = {
  name: 'payment-open',
  needsStored: true,
  ctes: (first) => `payment_opened AS (
INSERT INTO payment (charge_operation_id, provider, account, currency, authorized, captured, refunded, sent_at,
  updated_at)
SELECT given.id, provider, account, currency, 0, 0, 0, sent_at, sent_at
FROM unnest($${first}::uuid[], $${first + 1}::text[], $${first + 2}::text[], $${first + 3}::timestamptz[],
  $${first + 4}::text[])
  AS given(id, provider, currency, sent_at, account) JOIN stored ON stored.id = given.id)`,
  values: openingsAs,
};

/** A stale answer does not change authorized and captured amounts. Inserts the row if a crash has lost the opening. */
export const RECORD: CompanionStatement<Finding> = {
  name: 'payment-record',
  ctes: (first) => `payment_recorded AS (
INSERT INTO payment (charge_operation_id, provider, account, reference, currency, authorized, captured, refunded,
  sent_at, updated_at, reconcile_at)
SELECT id, provider, account, reference, currency, authorized, captured, 0, sent_at, now(),
  CASE WHEN authorized > 0 THEN now() + CASE
    WHEN ${HAS_ENDED('given.id')} THEN interval '0' ELSE interval '1 day' END END
FROM unnest($${first}::uuid[], $${first + 1}::text[], $${first + 2}::text[], $${first + 3}::text[],
  $${first + 4}::bigint[],
  $${first + 5}::bigint[], $${first + 6}::timestamptz[], $${first + 7}::text[])
  AS given(id, provider, reference, currency, authorized, captured, sent_at, account)
ON CONFLICT (charge_operation_id) DO UPDATE SET reference = excluded.reference, updated_at = now(),
  authorized = CASE payment.authorized WHEN 0 THEN excluded.authorized ELSE payment.authorized END,
  captured = CASE payment.authorized WHEN 0 THEN excluded.captured ELSE payment.captured END,
  reconcile_at = CASE payment.authorized WHEN 0 THEN excluded.reconcile_at ELSE payment.reconcile_at END)`,
  values: (findings) => [
    findings.map(({ chargeOperationId }) => chargeOperationId),
    findings.map(({ provider }) => provider),
    findings.map(({ reference }) => reference),
    findings.map(({ currency }) => currency),
    findings.map(({ authorized }) => authorized),
    findings.map(({ captured }) => captured),
    findings.map(({ sentAt }) => sentAt),
    findings.map(({ account }) => account),
  ],
};

export const FIND_PAYMENT = statement('payment-find', `SELECT ${PAYMENT} FROM payment WHERE charge_operation_id = $1`);

export const FIND_MOVEMENT = statement(
  'payment-movement',
  `SELECT ${MOVEMENT} FROM payment_movement WHERE operation_id = $1`,
);

/** Every movement of a charge, with the status of its operation. */
export const MOVEMENTS_OF_CHARGE = statement(
  'payment-movements-of-charge',
  `
SELECT ${MOVEMENT}, mover.status AS "moverStatus", mover.finished_at IS NOT NULL AS "isMoverDone"
FROM payment_movement LEFT JOIN operation_state AS mover ON mover.id = operation_id
WHERE charge_operation_id = $1 ORDER BY reserved_at, payment_movement.id`,
);

export const FIND_BY_REFERENCE = statement(
  'payment-by-reference',
  `
SELECT charge_operation_id AS "operationId" FROM payment WHERE provider = $1 AND reference = $2
UNION ALL
SELECT coalesce(operation_id, charge_operation_id) FROM payment_movement WHERE provider = $1 AND reference = $2
LIMIT 1`,
);

/** Whether it is an operation whose money the provider moves: a charge that was sent there, or a movement of one. */
export const IS_AT_PROVIDER = statement(
  'payment-is-at-provider',
  `
SELECT 1 AS found FROM payment WHERE provider = $1 AND charge_operation_id = $2
UNION ALL
SELECT 1 FROM payment_movement WHERE provider = $1 AND operation_id = $2`,
);

export const PAYMENT_OF_TENANT = `
SELECT ${PAYMENT} FROM payment JOIN operation_of_tenant AS charge ON charge.id = charge_operation_id
WHERE charge_operation_id = $1 AND charge.tenant = $2`;

/** As MOVEMENTS_OF_CHARGE; what moves a charge is of its tenant. */
export const MOVEMENTS_OF_TENANT = `
SELECT ${MOVEMENT}, mover.status AS "moverStatus", mover.finished_at IS NOT NULL AS "isMoverDone"
FROM payment_movement LEFT JOIN operation_of_tenant AS mover ON mover.id = operation_id AND mover.tenant = $2
WHERE charge_operation_id = $1 ORDER BY reserved_at, payment_movement.id`;

/** Locks the operation during a reservation; no row if it has ended, or if another worker has claimed it. */
export const HOLD_OPERATION = statement(
  'payment-hold-operation',
  'SELECT id FROM operation_state WHERE id = $1 AND fence = $2 AND finished_at IS NULL FOR SHARE',
);

export const LOCK = statement(
  'payment-lock',
  'SELECT charge_operation_id AS id FROM payment WHERE charge_operation_id = $1 FOR UPDATE',
);

/**
 * A charge of the tenant $3, or else of that of the operation $2, with the reservations of operations other than $2.
 * The view of operations says which are unfinished: a reservation lapses when its operation ends, without a write.
 */
export const FIND_CHARGE = statement(
  'payment-charge',
  `
SELECT operation.status, ${PAYMENT}, coalesce(open.reserved, 0)::bigint AS reserved, open.closed_by AS "closedBy"
FROM operation_state AS operation LEFT JOIN payment ON payment.charge_operation_id = operation.id
LEFT JOIN LATERAL (
  SELECT sum(movement.amount) FILTER (WHERE movement.type = 'refund') AS reserved,
    (array_agg(movement.operation_id) FILTER (WHERE movement.type <> 'refund'))[1] AS closed_by
  FROM payment_movement AS movement JOIN operation_state AS mover ON mover.id = movement.operation_id
  WHERE movement.charge_operation_id = operation.id AND movement.done_at IS NULL AND mover.finished_at IS NULL
    AND movement.operation_id IS DISTINCT FROM $2::uuid
) AS open ON true
WHERE operation.id = $1 AND operation.kind = 'payment.charge'
  AND operation.tenant = coalesce($3::uuid, (SELECT tenant FROM operation_state WHERE id = $2::uuid))`,
);

/** The other operation with this reference; `charge`: it is the charge itself. */
export const FIND_HOLDER = statement(
  'payment-find-holder',
  `
SELECT charge_operation_id AS "operationId" FROM payment
WHERE $2 = 'charge' AND provider = $1 AND reference = $3 AND charge_operation_id <> $4
UNION ALL
SELECT coalesce(operation_id, charge_operation_id) FROM payment_movement
WHERE provider = $1 AND type = $2 AND reference = $3 AND operation_id IS DISTINCT FROM $4 AND done_at IS NOT NULL
LIMIT 1`,
);

export const RESERVE = statement(
  'payment-reserve',
  `
INSERT INTO payment_movement (id, operation_id, charge_operation_id, provider, type, amount, reserved_at)
SELECT $1, $1, $2, provider, $3, $4, now() FROM payment WHERE charge_operation_id = $2
ON CONFLICT (operation_id) DO UPDATE SET type = excluded.type, amount = excluded.amount
RETURNING ${MOVEMENT}`,
);

export const NAME_MOVEMENT = statement(
  'payment-name-movement',
  'UPDATE payment_movement SET reference = $2 WHERE operation_id = $1 AND done_at IS NULL',
);

/** The provider reverts its success: a bank may return a refund days later. */
export const REVERT = statement(
  'payment-revert',
  `
WITH reverted AS (
  UPDATE payment_movement SET done_at = NULL WHERE operation_id = $1 AND done_at IS NOT NULL RETURNING *
)
UPDATE payment SET
  captured = payment.captured - CASE reverted.type WHEN 'capture' THEN reverted.amount ELSE 0 END,
  refunded = payment.refunded - CASE reverted.type WHEN 'refund' THEN reverted.amount ELSE 0 END,
  voided_at = CASE reverted.type WHEN 'void' THEN NULL ELSE payment.voided_at END,
  updated_at = now()
FROM reverted WHERE payment.charge_operation_id = reverted.charge_operation_id`,
);

/**
 * Operations that ended since $1 without success although the ledger says that they moved money. Later movements are
 * found by reconciling (reconcile_at). EXISTS here would let PostgreSQL hash both tables whole.
 */
export const UNEXPECTED = statement(
  'payment-unexpected',
  `
SELECT id, finished_at AS "finishedAt" FROM operation_state AS operation
WHERE finished_at >= $1 AND status IN ('failed', 'canceled', 'expired')
  AND ((SELECT authorized FROM payment WHERE charge_operation_id = operation.id) > 0
    OR (SELECT bool_or(done_at IS NOT NULL) FROM payment_movement WHERE operation_id = operation.id))
  AND NOT answered_late
ORDER BY finished_at LIMIT $2`,
);

/** Records movements that the provider has made, possibly several of one charge. */
export const COMPLETE: CompanionStatement<Completion> = {
  name: 'payment-complete',
  ctes: (first) => `done AS (
  UPDATE payment_movement SET done_at = now(), reference = given.reference
  FROM unnest($${first}::uuid[], $${first + 1}::text[]) AS given(operation_id, reference)
  WHERE payment_movement.operation_id = given.operation_id AND done_at IS NULL
  RETURNING payment_movement.charge_operation_id, type, amount, payment_movement.operation_id
), moved AS (
  SELECT charge_operation_id,
    coalesce(sum(amount) FILTER (WHERE type = 'capture'), 0) AS captured,
    coalesce(sum(amount) FILTER (WHERE type = 'refund'), 0) AS refunded,
    bool_or(type = 'void') AS is_void,
    bool_or(${HAS_ENDED('done.operation_id')}) AS is_late
  FROM done GROUP BY charge_operation_id
), payment_moved AS (
  UPDATE payment SET
    captured = payment.captured + moved.captured,
    refunded = payment.refunded + moved.refunded,
    voided_at = CASE WHEN moved.is_void THEN now() ELSE payment.voided_at END,
    updated_at = now(),
    reconcile_at = CASE WHEN moved.is_late THEN now() ELSE payment.reconcile_at END
  FROM moved WHERE payment.charge_operation_id = moved.charge_operation_id
)`,
  values: (completions) => [
    completions.map(({ operationId }) => operationId),
    completions.map(({ reference }) => reference),
  ],
};

export const LOCK_PAYMENT = statement(
  'payment-lock-to-reconcile',
  `SELECT ${PAYMENT} FROM payment WHERE charge_operation_id = $1 FOR UPDATE`,
);

export const ENTER = statement(
  'payment-enter',
  `
INSERT INTO payment_movement (id, charge_operation_id, provider, type, amount, reference, reserved_at, done_at)
VALUES ($1, $2, $3, $4, $5, $6, now(), now())`,
);

/** Reverts, or restores, a movement made without us. */
export const SET_DONE = statement(
  'payment-set-done',
  'UPDATE payment_movement SET done_at = CASE WHEN $2 THEN now() END WHERE id = $1',
);

/**
 * The sums after a comparison, and the next due time: after as long as the charge is old, at least a day and at most a
 * week, for half a year. Disputes usually come within 120 days.
 */
export const RECONCILED = statement(
  'payment-reconciled',
  `
UPDATE payment SET captured = captured + $2, refunded = refunded + $3, disputed = disputed + $4,
  voided_at = CASE $5::integer WHEN 1 THEN now() WHEN -1 THEN NULL ELSE voided_at END,
  updated_at = CASE WHEN $6 THEN now() ELSE updated_at END,
  reconcile_at = CASE WHEN sent_at > now() - interval '180 days'
    THEN now() + least(greatest(now() - sent_at, interval '1 day'), interval '7 days') END
WHERE charge_operation_id = $1`,
);

/** The provider has contradicted the ledger. */
export const RECONCILE_SOON = statement(
  'payment-reconcile-soon',
  'UPDATE payment SET reconcile_at = now() WHERE charge_operation_id = $1',
);

/** Due payments of a provider, for one process to reconcile; if it fails, they are due again in ten minutes. */
export const TAKE_DUE = statement(
  'payment-take-due',
  `
UPDATE payment SET reconcile_at = now() + interval '10 minutes' WHERE charge_operation_id IN (
  SELECT charge_operation_id FROM payment WHERE provider = $1 AND reconcile_at <= now()
  ORDER BY reconcile_at LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING charge_operation_id AS "chargeOperationId"`,
);

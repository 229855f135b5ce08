/** The statements of the payment book. Those that every charge passes take any number of charges as arrays. */

const PAYMENT = `payment.charge_operation_id AS "chargeOperationId", payment.provider, payment.reference, payment.currency, payment.authorised,
  payment.captured, payment.refunded, payment.voided_at AS "voidedAt", payment.sent_at AS "sentAt", payment.updated_at AS "updatedAt"`;

const MOVEMENT = `operation_id AS "operationId", charge_operation_id AS "chargeOperationId", type, amount, reference,
  reserved_at AS "reservedAt", done_at AS "doneAt"`;

/** On a conflict the row is written as it is, so that it is returned. */
export const OPEN = {
  name: 'payment-open',
  text: `
INSERT INTO payment (charge_operation_id, provider, currency, authorised, captured, refunded, sent_at, updated_at)
SELECT id, provider, currency, 0, 0, 0, sent_at, sent_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS given(id, provider, currency, sent_at)
ON CONFLICT (charge_operation_id) DO UPDATE SET provider = payment.provider
RETURNING ${PAYMENT}`,
};

/** What a charge has once authorised and captured, a stale answer does not change; where a crash has undone the opening, the row is made here. */
export const RECORD = {
  name: 'payment-record',
  text: `
INSERT INTO payment (charge_operation_id, provider, reference, currency, authorised, captured, refunded, sent_at, updated_at)
SELECT id, provider, reference, currency, authorised, captured, 0, sent_at, now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::timestamptz[])
  AS given(id, provider, reference, currency, authorised, captured, sent_at)
ON CONFLICT (charge_operation_id) DO UPDATE SET reference = excluded.reference, updated_at = now(),
  authorised = CASE payment.authorised WHEN 0 THEN excluded.authorised ELSE payment.authorised END,
  captured = CASE payment.authorised WHEN 0 THEN excluded.captured ELSE payment.captured END`,
};

/** It turns out that all that was authorised is captured. */
export const FOUND_CAPTURED = {
  name: 'payment-found-captured',
  text: 'UPDATE payment SET captured = authorised, updated_at = now() WHERE charge_operation_id = $1 AND captured = 0 AND voided_at IS NULL',
};

export const FIND_PAYMENT = { name: 'payment-find', text: `SELECT ${PAYMENT} FROM payment WHERE charge_operation_id = $1` };

export const FIND_MOVEMENT = { name: 'payment-movement', text: `SELECT ${MOVEMENT} FROM payment_movement WHERE operation_id = $1` };

export const FIND_BY_REFERENCE = {
  name: 'payment-by-reference',
  text: `
SELECT charge_operation_id AS "operationId" FROM payment WHERE provider = $1 AND reference = $2
UNION ALL
SELECT operation_id FROM payment_movement JOIN payment USING (charge_operation_id)
WHERE provider = $1 AND payment_movement.reference = $2
LIMIT 1`,
};

/** The operation, held in place while something is reserved for it; no row where it has ended, or another attempt has taken over. */
export const HOLD_OPERATION = {
  name: 'payment-hold-operation',
  text: 'SELECT FROM operation WHERE id = $1 AND attempt = $2 AND finished_at IS NULL FOR SHARE',
};

export const LOCK = { name: 'payment-lock', text: 'SELECT FROM payment WHERE charge_operation_id = $1 FOR UPDATE' };

/**
 * A charge with what others than operation $2 are about to move. The operations' own table says who is unfinished: a reservation lapses with
 * its operation, in the same instant, and nobody has to take it back.
 */
export const FIND_CHARGE = {
  name: 'payment-charge',
  text: `
SELECT operation.status, ${PAYMENT}, coalesce(open.reserved, 0)::bigint AS reserved, open.closed_by AS "closedBy"
FROM operation LEFT JOIN payment ON payment.charge_operation_id = operation.id
LEFT JOIN LATERAL (
  SELECT sum(movement.amount) FILTER (WHERE movement.type = 'refund') AS reserved,
    (array_agg(movement.operation_id) FILTER (WHERE movement.type <> 'refund'))[1] AS closed_by
  FROM payment_movement AS movement JOIN operation AS mover ON mover.id = movement.operation_id
  WHERE movement.charge_operation_id = operation.id AND movement.done_at IS NULL AND mover.finished_at IS NULL
    AND movement.operation_id IS DISTINCT FROM $2::uuid
) AS open ON true
WHERE operation.id = $1 AND operation.kind = 'payment.charge'`,
};

export const RESERVE = {
  name: 'payment-reserve',
  text: `
INSERT INTO payment_movement (operation_id, charge_operation_id, type, amount, reserved_at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT (operation_id) DO UPDATE SET type = excluded.type, amount = excluded.amount
RETURNING ${MOVEMENT}`,
};

export const NAME_MOVEMENT = {
  name: 'payment-name-movement',
  text: 'UPDATE payment_movement SET reference = $2 WHERE operation_id = $1 AND done_at IS NULL',
};

/** What was said to be done has not been: a bank may send a refund back days later. */
export const UNDO = {
  name: 'payment-undo',
  text: `
WITH undone AS (
  UPDATE payment_movement SET done_at = NULL WHERE operation_id = $1 AND done_at IS NOT NULL RETURNING *
)
UPDATE payment SET
  captured = payment.captured - CASE undone.type WHEN 'capture' THEN undone.amount ELSE 0 END,
  refunded = payment.refunded - CASE undone.type WHEN 'refund' THEN undone.amount ELSE 0 END,
  voided_at = CASE undone.type WHEN 'void' THEN NULL ELSE payment.voided_at END,
  updated_at = now()
FROM undone WHERE payment.charge_operation_id = undone.charge_operation_id`,
};

/**
 * Operations whose ending and our books disagree, where one of the two came about since $1: a charge that has taken money, or a movement that was
 * made, of an operation that has ended otherwise and does not say so yet. Each half goes by an index of its own.
 */
export const UNEXPECTED = {
  name: 'payment-unexpected',
  text: `
SELECT operation.id FROM operation JOIN (
  SELECT charge_operation_id AS id FROM payment WHERE updated_at >= $1 AND authorised > 0
  UNION
  SELECT operation_id FROM payment_movement WHERE done_at >= $1
  UNION
  SELECT id FROM operation LEFT JOIN payment ON charge_operation_id = id LEFT JOIN payment_movement ON operation_id = id
  WHERE finished_at >= $1 AND status <> 'success' AND (authorised > 0 OR done_at IS NOT NULL)
) AS moved USING (id)
WHERE operation.status IN ('failed', 'canceled', 'expired')
  AND NOT EXISTS (SELECT FROM operation_event WHERE operation_id = operation.id AND type = 'operation.answered_late')
LIMIT 500`,
};

export const COMPLETE = {
  name: 'payment-complete',
  text: `
WITH done AS (
  UPDATE payment_movement SET done_at = now(), reference = $2 WHERE operation_id = $1 AND done_at IS NULL RETURNING *
)
UPDATE payment SET
  captured = payment.captured + CASE done.type WHEN 'capture' THEN done.amount ELSE 0 END,
  refunded = payment.refunded + CASE done.type WHEN 'refund' THEN done.amount ELSE 0 END,
  voided_at = CASE done.type WHEN 'void' THEN now() ELSE payment.voided_at END,
  updated_at = now()
FROM done WHERE payment.charge_operation_id = done.charge_operation_id`,
};

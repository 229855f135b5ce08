import { statement } from '../../../database/statement.js';

/** Charges that were pending, or canceled with `lies`, and are due by the ledger's own clock. */
const IS_DUE = `(outcome IN ('pending', 'canceled') AND settles_at <= now()) IS TRUE`;

const ENTRY = `idempotency_key AS "idempotencyKey", reference, payment_method AS "paymentMethod", amount, currency,
  outcome, decline_code AS "declineCode", requests, captured, refunded, disputed, voided_at AS "voidedAt", token,
  return_url AS "returnUrl", ${IS_DUE} AS "isDue"`;

const MOVEMENT_OF = `idempotency_key AS "idempotencyKey", reference, charge, type, amount,
  decline_code AS "declineCode", taken_back_at AS "takenBackAt"`;

const TAKEN = `CASE WHEN entry.captures THEN entry.amount ELSE 0 END`;

const TURNED_AWAY_ENOUGH = `entry.outcome = 'busy' AND entry.requests >= entry.turns_away`;

/**
 * Acts at most once under a key: a repeated request gets the first decision. A charge that was refused at first is
 * charged in the end. Another charge under a used key gets no row. A charge canceled before it arrived has only its
 * key.
 */
export const RECORD = statement(
  'sandbox-record',
  `
INSERT INTO sandbox.charge AS entry
  (idempotency_key, reference, amount, currency, payment_method, outcome, decline_code, turns_away, captures, token,
  return_url, settles_at,
   requests, captured, refunded, created_at)
SELECT id, ref, amount, currency, method, outcome, code, away, captures, token, url, now() + ms * interval '1 ms',
  1, CASE WHEN outcome = 'charged' AND captures THEN amount ELSE 0 END, 0, now()
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[],
  $9::boolean[], $10::text[], $11::text[], $12::integer[])
  AS given(id, ref, amount, currency, method, outcome, code, away, captures, token, url, ms)
ON CONFLICT (idempotency_key) DO UPDATE SET
  requests = entry.requests + 1,
  outcome = CASE WHEN ${TURNED_AWAY_ENOUGH} THEN 'charged' ELSE entry.outcome END,
  captured = CASE WHEN ${TURNED_AWAY_ENOUGH} THEN ${TAKEN} ELSE entry.captured END
WHERE entry.outcome = 'canceled' OR (entry.amount, entry.currency, entry.payment_method, entry.captures)
  = (excluded.amount, excluded.currency, excluded.payment_method, excluded.captures)
RETURNING ${ENTRY}`,
);

/** A row for each key: an answer that lacks one says nothing, and must not pass for a charge that never arrived. */
export const LOOK_UP = statement(
  'sandbox-look-up',
  `
SELECT asked, ${ENTRY} FROM unnest($1::text[]) AS asked LEFT JOIN sandbox.charge AS entry ON idempotency_key = asked`,
);
const BY_REFERENCE = `SELECT ${ENTRY} FROM sandbox.charge AS entry WHERE reference = $1`;
export const ENTRY_BY_REFERENCE = statement('sandbox-by-reference', BY_REFERENCE);
export const LOCK_ENTRY = statement('sandbox-lock', `${BY_REFERENCE} FOR UPDATE`);
export const ENTRY_BY_TOKEN = statement(
  'sandbox-by-token',
  `SELECT ${ENTRY} FROM sandbox.charge AS entry WHERE token = $1`,
);

export const SETTLE_DUE = statement(
  'sandbox-settle-due',
  `
UPDATE sandbox.charge AS entry SET outcome = 'charged', captured = ${TAKEN} WHERE idempotency_key = $1 AND ${IS_DUE}`,
);

export const ANSWER = statement(
  'sandbox-answer',
  `
UPDATE sandbox.charge AS entry SET
  outcome = CASE WHEN $2 THEN 'charged' ELSE 'declined' END,
  decline_code = CASE WHEN $2 THEN NULL ELSE 'authentication_failed' END,
  captured = CASE WHEN $2 THEN ${TAKEN} ELSE 0 END
WHERE token = $1 AND outcome = 'waiting' RETURNING ${ENTRY}`,
);

/** Takes the key of a charge that has not arrived: if it arrives later, it is already canceled. */
export const CANCEL = statement(
  'sandbox-cancel',
  `
INSERT INTO sandbox.charge AS entry
  (idempotency_key, reference, amount, currency, payment_method, outcome, turns_away, requests, created_at)
VALUES ($1, $2, 0, '', '', 'canceled', 0, 0, now())
ON CONFLICT (idempotency_key) DO UPDATE SET
  outcome = CASE WHEN entry.outcome IN ('waiting', 'pending', 'busy') THEN 'canceled' ELSE entry.outcome END,
  settles_at = CASE entry.outcome
    WHEN 'waiting' THEN now() + $3::integer * interval '1 ms' WHEN 'pending' THEN NULL ELSE entry.settles_at END
RETURNING ${ENTRY}`,
);

export const LOOK_UP_MOVEMENT = statement(
  'sandbox-look-up-movement',
  `SELECT ${MOVEMENT_OF} FROM sandbox.movement WHERE idempotency_key = $1`,
);

export const MOVEMENTS_OF_CHARGE = statement(
  'sandbox-movements-of-charge',
  `
SELECT ${MOVEMENT_OF} FROM sandbox.movement WHERE charge = $1 AND decline_code IS NULL ORDER BY created_at`,
);

/** Disputes of a charge are won: the money returns to us. */
export const WIN_DISPUTES = statement(
  'sandbox-win-disputes',
  `
WITH won AS (
  UPDATE sandbox.movement SET taken_back_at = now() WHERE charge = $1 AND type = 'dispute' AND taken_back_at IS NULL
    RETURNING amount
)
UPDATE sandbox.charge SET disputed = disputed - (SELECT sum(amount) FROM won) WHERE reference = $1
  AND EXISTS (SELECT FROM won)`,
);

export const WEBHOOK_SECRET = statement('sandbox-webhook-secret', 'SELECT secret FROM sandbox.webhook_secret');

/** Stores a movement, and moves the money unless it is declined. */
export const MOVE = statement(
  'sandbox-enter-movement',
  `
WITH moved AS (
  INSERT INTO sandbox.movement (idempotency_key, reference, charge, type, amount, decline_code, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, now()) RETURNING *
), entered AS (
  UPDATE sandbox.charge AS entry SET
    captured = entry.captured + CASE moved.type WHEN 'capture' THEN moved.amount ELSE 0 END,
    refunded = entry.refunded + CASE moved.type WHEN 'refund' THEN moved.amount ELSE 0 END,
    disputed = entry.disputed + CASE moved.type WHEN 'dispute' THEN moved.amount ELSE 0 END,
    voided_at = CASE moved.type WHEN 'void' THEN now() ELSE entry.voided_at END
  FROM moved WHERE entry.reference = moved.charge AND moved.decline_code IS NULL
)
SELECT ${MOVEMENT_OF} FROM moved`,
);

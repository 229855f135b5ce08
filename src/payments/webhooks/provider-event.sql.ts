import { statement } from '../../database/statement.js';

/** The statements of providers' events. An event is of the account at the provider that sent it. */

export const KEEP = statement(
  'provider-event-keep',
  `
INSERT INTO provider_event (provider, id, type, operation_id, reference, occurred_at, received_at)
  VALUES ($1, $2, $3, $4, $5, $6, now())
ON CONFLICT DO NOTHING`,
);

export const FIND_UNHANDLED = statement(
  'provider-event-find-unhandled',
  `SELECT type, operation_id AS "operationId", reference FROM provider_event
    WHERE provider = $1 AND id = $2 AND handled_at IS NULL`,
);

export const MARK_HANDLED = statement(
  'provider-event-mark-handled',
  'UPDATE provider_event SET handled_at = $3 WHERE provider = $1 AND id = $2',
);

/** Received between $1 and $2, oldest first, at most $3. */
export const WAITING = statement(
  'provider-event-waiting',
  `SELECT provider, id, received_at AS "receivedAt" FROM provider_event
    WHERE handled_at IS NULL AND received_at > $1 AND received_at < $2 ORDER BY received_at LIMIT $3`,
);

export const FORGET_OLD = statement('provider-event-forget-old', 'DELETE FROM provider_event WHERE received_at < $1');

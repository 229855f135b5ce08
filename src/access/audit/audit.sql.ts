import { statement } from '../../database/statement.js';

export const INSERT_EVENT = statement(
  'audit-insert',
  `
INSERT INTO audit_event (id, tenant, at, actor, action, subject, request_id, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

/** Newest first, after the event $2. $1: the tenant; $3: the most. */
export const LIST_EVENTS = `
SELECT id, at, actor, action, subject, request_id AS "requestId", detail FROM audit_event
WHERE tenant = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`;

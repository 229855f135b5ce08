import { z } from 'zod';
import { nextCursor, pageLimit } from '../../http/page.contract.js';
import { AUDIT_ACTIONS, type AuditAction } from './audit-actions.js';

const ACTIONS = Object.keys(AUDIT_ACTIONS) as [AuditAction, ...AuditAction[]];

export const auditQuery = z.object({
  cursor: z.uuid('expected the nextCursor of an earlier page').optional().meta({
    description: 'The nextCursor of an earlier page.',
  }),
  limit: pageLimit(50),
});

export const auditEvent = z
  .object({
    id: z.uuidv7(),
    at: z.iso.datetime().meta({ description: 'When.' }),
    actor: z.string().meta({ description: 'Who, as their credentials prove.', examples: ['key 0f3k2m9x1q7z'] }),
    action: z.enum(ACTIONS).meta({
      description: Object.entries(AUDIT_ACTIONS)
        .map(([action, meaning]) => `\`${action}\`: ${meaning}.`)
        .join(' '),
    }),
    subject: z.string().meta({ description: 'What it was done to.', examples: ['key 0f3k2m9x1q7z'] }),
    requestId: z.string().nullable().meta({ description: 'Of the request, as in the log; null on the command line.' }),
    detail: z.record(z.string(), z.unknown()).meta({ description: 'More, without secrets.' }),
  })
  .meta({ id: 'AuditEvent', description: 'Who did what. It is never changed.' });

export const auditEventList = z
  .object({
    items: z.array(auditEvent),
    nextCursor,
  })
  .meta({ id: 'AuditEventList' });

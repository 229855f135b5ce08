import { z } from 'zod';
import { AUDIT_ACTIONS, type AuditAction } from './audit-actions.js';

const ACTIONS = Object.keys(AUDIT_ACTIONS) as [AuditAction, ...AuditAction[]];

export const auditQuery = z.object({
  cursor: z.uuid('expected the nextCursor of an earlier page').optional().meta({
    description: 'The nextCursor of an earlier page.',
  }),
  limit: z.coerce
    .number('expected a whole number from 1 to 100')
    .int('expected a whole number from 1 to 100')
    .min(1)
    .max(100)
    .default(50)
    .meta({ description: 'The most that the page has.' }),
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
    nextCursor: z.string().nullable().meta({ description: 'Where the next page begins; null on the last.' }),
  })
  .meta({ id: 'AuditEventList' });

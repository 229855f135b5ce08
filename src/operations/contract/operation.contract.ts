import { z } from 'zod';
import { nextCursor, pageLimit } from '../../http/page.contract.js';
import { EXAMPLE_OPERATION } from './example-operation.js';
import { STATUSES } from '../domain/operation-status.js';
import { operationView } from './operation-view.js';
import { DAYS, SECONDS } from '../../time/durations.js';

/** In bytes: every event that a client receives carries the metadata. */
const MOST_METADATA = 8 * 1024;

const bytesOf = (given: unknown) => Buffer.byteLength(JSON.stringify(given));

/** An operation id as a client sends it. */
export const operationId = z
  .uuid('expected the UUID of an operation')
  .toLowerCase()
  .meta({ description: 'The operation’s id.', examples: [EXAMPLE_OPERATION] });

/** The envelope of a start; the command validates `input` against the kind's own schema. */
export const startBody = z.strictObject({
  kind: z.string().min(1).max(100),
  input: z.record(z.string(), z.unknown()),
  metadata: z
    .record(z.string().max(40), z.string().max(500), {
      error: ({ code }) => (code === 'invalid_key' ? 'expected a key of 40 characters at most' : undefined),
    })
    .refine((given) => Object.keys(given).length <= 50, 'expected at most 50 keys')
    .refine((given) => bytesOf(given) <= MOST_METADATA, {
      error: ({ input }) => `expected at most ${MOST_METADATA} bytes of JSON in all, found ${bytesOf(input)}`,
    })
    .default({})
    .meta({
      description:
        'The client’s own notes, given back with the operation: up to 50 keys of 40 characters, values of ' +
        '500, and 8 KB of JSON in all.',
    }),
  expiresIn: z
    .int()
    .min(1)
    .max((30 * DAYS) / SECONDS)
    .optional()
    .meta({ description: 'Seconds after which it expires, unless it has taken effect by then.' }),
  cancelable: z
    .boolean()
    .optional()
    .meta({ description: 'true: the watch token that the start answers with may also cancel the operation.' }),
});

export const watchTokenQuery = z.object({
  for: z.enum(['event-source'], 'expected "event-source", or nothing').optional().meta({
    description: 'event-source: a token for `?watch=` of the events, which it follows alone; else one like your own.',
  }),
});

export const renewedWatchToken = z
  .object({ watchToken: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: 'WatchToken' });

export const issuedStartToken = z
  .object({
    startToken: z.string().meta({ description: 'To be sent as Authorization: Bearer … to POST /api/operations.' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'StartToken' });

const text = (most: number) => z.string().trim().min(1).max(most);

/** An operator's statement of how an operation ended. */
export const resolveBody = z
  .strictObject({
    by: text(100).meta({ description: 'The operator’s name; kept in the history.' }),
    reason: text(500).meta({ description: 'How they know; kept in the history.' }),
    force: z
      .boolean()
      .default(false)
      .meta({
        description:
          'true: also where what was found cannot be verified now, such as with a provider that is away; kept ' +
          'in the history.',
      }),
    outcome: z
      .discriminatedUnion('status', [
        z.strictObject({ status: z.literal('success'), result: z.record(z.string(), z.unknown()) }),
        z.strictObject({ status: z.literal('failed') }),
      ])
      .optional()
      .meta({
        description: 'How it ended. Omitted for an operation that has ended, which then only leaves the list.',
      }),
  })
  .meta({ id: 'Resolution' });

/** Beside `attention`, `cursor` and `limit`, each asks a column of its name: for a value, or for one of several. */
export const listQuery = z.object({
  status: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(STATUSES)).max(STATUSES.length))
    .optional()
    .meta({ description: 'One or more, separated by commas.' }),
  kind: z
    .string()
    .regex(/^[a-z]+\.[a-z]+$/, 'expected a kind, such as payment.charge')
    .optional()
    .meta({ description: 'Of this kind only.', examples: ['payment.charge'] }),
  attention: z
    .enum(['true', 'false'], 'expected true or false')
    .transform((text) => text === 'true')
    .optional()
    .meta({
      description:
        'true: only those that a person should look at: unknown for a day, a reversal that has failed, an answer ' +
        'that contradicts the ending.',
    }),
  cursor: z
    .string()
    .optional()
    .transform((cursor, context) => {
      if (cursor === undefined) return undefined;
      const id = Buffer.from(cursor, 'base64url').toString();
      if (z.uuid().safeParse(id).success) return id;
      context.addIssue('expected the `nextCursor` of an earlier page');
      return z.NEVER;
    })
    .meta({ description: 'The nextCursor of an earlier page.' }),
  limit: pageLimit(20),
});

export const statisticsQuery = z.object({
  minutes: z.coerce
    .number('expected whole minutes from 1 to 60')
    .int('expected whole minutes from 1 to 60')
    .min(1)
    .max(60)
    .default(15)
    .meta({ description: 'How far back it goes.' }),
});

export const cursorOf = (id: string) => Buffer.from(id).toString('base64url');

export const operationList = z
  .object({
    items: z.array(operationView),
    nextCursor,
  })
  .meta({ id: 'OperationList' });

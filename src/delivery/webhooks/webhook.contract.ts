import { z } from 'zod';
import { nextCursor, pageLimit } from '../../http/page.contract.js';
import { operationEventView } from '../../operations/contract/operation-view.js';
import { operationId } from '../../operations/contract/operation.contract.js';
import { EVENT_TYPES } from '../../operations/domain/operation-events.js';
import { DELIVERY_STATUSES } from './webhook-delivery.entity.js';
import { DISABLED_REASONS } from './webhook-endpoint.entity.js';

const EXAMPLE = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b71';

const time = (description: string) => z.iso.datetime().meta({ description });

export const endpointId = z
  .uuid('expected the UUID of a webhook endpoint')
  .toLowerCase()
  .meta({ description: 'The endpoint’s id.', examples: [EXAMPLE] });

export const deliveryId = z
  .string()
  .regex(/^\d{1,15}$/, 'expected the id of a delivery, such as 42')
  .meta({ description: 'The delivery’s id.', examples: ['42'] });

const settings = {
  url: z
    .url('expected a URL, such as https://shop.example/webhooks')
    .max(2000)
    .meta({ description: 'https, on the default port, without credentials.' }),
  description: z.string().max(200).meta({ description: 'For people.' }),
  events: z
    .array(z.enum(EVENT_TYPES))
    .min(1)
    .max(EVENT_TYPES.length)
    .nullable()
    .meta({ description: 'The types of events that are sent; null: all.' }),
  kinds: z
    .array(z.string().regex(/^[a-z]+\.[a-z]+$/, 'expected a kind, such as payment.charge'))
    .min(1)
    .max(100)
    .nullable()
    .meta({ description: 'The kinds of operations whose events are sent; null: all.' }),
};

export const createBody = z
  .strictObject({
    url: settings.url,
    description: settings.description.default(''),
    events: settings.events.default(null),
    kinds: settings.kinds.default(null),
  })
  .meta({ id: 'NewWebhookEndpoint' });

export const changeBody = z
  .strictObject({
    ...settings,
    enabled: z.boolean().meta({ description: 'false: nothing is sent, and what happens is kept and sent later.' }),
  })
  .partial()
  .meta({ id: 'WebhookEndpointChange' });

export const webhookEndpoint = z
  .object({
    id: z.uuidv7(),
    ...settings,
    enabled: z.boolean(),
    disabledAt: time('Since when it is disabled.').nullable(),
    disabledReason: z.union([z.enum(DISABLED_REASONS), z.null()]).meta({
      description:
        'by_request: a person did. gone: it answered 410. failing: it failed for days. The last two need a person.',
    }),
    failingSince: time('The first failed attempt since the last successful one.').nullable(),
    previousSecretUntil: time('Until then, the secret before the last rotation signs too.').nullable(),
    createdAt: time('When it was created.'),
  })
  .meta({ id: 'WebhookEndpoint', description: 'Where events of operations are sent.' });

export type WebhookEndpointView = z.output<typeof webhookEndpoint>;

export const webhookEndpointWithSecret = webhookEndpoint
  .extend({ secret: z.string().meta({ description: 'whsec_…, for verifying. It is shown this once.' }) })
  .meta({ id: 'WebhookEndpointWithSecret' });

const CURSOR = { description: 'The nextCursor of an earlier page.' };
const limit = pageLimit(20, 50);

export const endpointsQuery = z.object({
  limit,
  cursor: endpointId.optional().meta(CURSOR),
  attention: z
    .enum(['true', 'false'], 'expected true or false')
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: 'true: only those that were disabled because they were gone or kept failing.' }),
});

export const webhookEndpointList = z
  .object({ items: z.array(webhookEndpoint), nextCursor })
  .meta({ id: 'WebhookEndpointList' });

export const deliveriesQuery = z.object({
  limit,
  cursor: deliveryId.optional().meta(CURSOR),
  status: z
    .enum(DELIVERY_STATUSES, `expected one of ${DELIVERY_STATUSES.join(', ')}`)
    .optional()
    .meta({ description: 'Only these.' }),
});

export const webhookDelivery = z
  .object({
    id: deliveryId,
    webhookId: z.string().meta({ description: 'The header webhook-id, the same in every attempt.' }),
    type: z.string().meta({ examples: ['operation.succeeded'] }),
    operationId: operationId.nullable().meta({ description: 'Null for a test event.' }),
    version: z.int().meta({ description: 'The operation’s version; 0 for a test event.' }),
    status: z.enum(DELIVERY_STATUSES),
    createdAt: time('When the event was distributed.'),
    finishedAt: time('When it was delivered or given up.').nullable(),
    nextAttemptAt: time('The earliest time of the next attempt.').nullable(),
    request: z.string().meta({ description: 'The body that is sent.' }),
    attempts: z
      .array(
        z.object({
          at: time('When it was sent.'),
          url: z.string(),
          durationMs: z.int(),
          status: z.int().nullable().meta({ description: 'Of the answer; null where there was none.' }),
          body: z.string().meta({ description: 'The first KB of the answer.' }),
          error: z.string().nullable().meta({ description: 'Why it was no success.' }),
        }),
      )
      .meta({ description: 'The latest 15, oldest first.' }),
  })
  .meta({ id: 'WebhookDelivery', description: 'An event for an endpoint, and what came of it.' });

export type WebhookDeliveryView = z.output<typeof webhookDelivery>;

export const webhookDeliveryList = z
  .object({ items: z.array(webhookDelivery), nextCursor })
  .meta({ id: 'WebhookDeliveryList' });

export const resendBody = z
  .strictObject({
    since: z.iso.datetime({ offset: true }).meta({ description: 'All that were created from then on.' }),
    status: z
      .enum(['given_up', 'finished'])
      .default('given_up')
      .meta({ description: 'given_up: only those. finished: also those that were delivered.' }),
  })
  .meta({ id: 'WebhookResend' });

export const resent = z
  .object({ resent: z.int().meta({ description: 'How many are sent again.' }) })
  .meta({ id: 'WebhooksResent' });

/** The event of a message that would else be too large: what identifies it. The rest is at its operation. */
export const truncatedEventView = operationEventView
  .omit({ detail: true })
  .extend({
    truncated: z.literal(true).meta({ description: 'The event was too large: read the operation.' }),
    operation: operationEventView.shape.operation.pick({
      id: true,
      kind: true,
      status: true,
      version: true,
      done: true,
    }),
  })
  .meta({ id: 'TruncatedOperationEvent' });

const sent = { timestamp: time('When it occurred.') };

/** What an endpoint receives. */
export const webhookMessage = z
  .union([
    z.object({ ...sent, type: z.enum(EVENT_TYPES), data: z.union([operationEventView, truncatedEventView]) }),
    z.object({
      ...sent,
      type: z.literal('webhook.test'),
      data: z.object({ endpointId: z.uuidv7(), message: z.string() }),
    }),
  ])
  .meta({ id: 'WebhookMessage', description: 'The body of a webhook.' });

export type WebhookMessage = z.output<typeof webhookMessage>;

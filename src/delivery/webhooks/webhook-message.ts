import { createHmac, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { OperationEventView } from '../../operations/contract/operation-view.js';
import type { truncatedEventView, WebhookMessage } from './webhook.contract.js';

/** Standard Webhooks recommends small payloads: https://www.standardwebhooks.com. In bytes. */
export const LARGEST_MESSAGE = 20_000;

const PREFIX = 'whsec_';

export const TEST_EVENT = 'webhook.test';

export const newSecret = () => PREFIX + randomBytes(32).toString('base64');

/** The id of a message, the same in every attempt and for every endpoint. */
export const messageId = ({ operationId, version, id }: { operationId: string | null; version: number; id: number }) =>
  operationId ? `msg_${operationId.replaceAll('-', '')}_${version}` : `test_${id}`;

export function messageOf(event: OperationEventView): string {
  const shown = withoutClientData(event);
  const json = stringify({ type: event.type, timestamp: event.occurredAt, data: shown });
  if (Buffer.byteLength(json) <= LARGEST_MESSAGE) return json;
  return stringify({ type: event.type, timestamp: event.occurredAt, data: truncated(event) });
}

export const testMessageOf = (endpointId: string, createdAt: Date) =>
  stringify({
    type: TEST_EVENT,
    timestamp: createdAt.toISOString(),
    data: { endpointId, message: 'This is a test. Nothing has happened.' },
  });

/** `webhook-signature`: one for each secret. */
export function signatureOf(secrets: readonly string[], id: string, seconds: number, body: string): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
    })
    .join(' ');
}

const stringify = (message: WebhookMessage) => JSON.stringify(message);

/** The secret of the customer's action is for the page that asks them, which reads the operation. */
function withoutClientData(event: OperationEventView): OperationEventView {
  const { nextAction } = event.operation;
  if (nextAction?.type !== 'confirm') return event;
  return { ...event, operation: { ...event.operation, nextAction: { type: 'confirm', clientData: {} } } };
}

function truncated({ operationId, version, type, occurredAt, operation }: OperationEventView) {
  const { id, kind, status, done } = operation;
  const rest = { operationId, version, type, occurredAt, truncated: true } as const;
  return { ...rest, operation: { id, kind, status, version, done } } satisfies z.input<typeof truncatedEventView>;
}

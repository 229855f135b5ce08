import { Webhook } from 'standardwebhooks';
import type { OperationEventView } from '../../operations/contract/operation-view.js';
import { LARGEST_MESSAGE, messageId, messageOf, newSecret, signatureOf } from './webhook-message.js';
import { webhookMessage } from './webhook.contract.js';

const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const AT = '2026-11-26T12:00:00.000Z';

const eventWith = (operation: Partial<OperationEventView['operation']>): OperationEventView => ({
  operationId: ID,
  version: 3,
  type: 'operation.succeeded',
  occurredAt: AT,
  detail: null,
  operation: {
    id: ID,
    kind: 'payment.charge',
    status: 'success',
    version: 3,
    done: true,
    progress: null,
    nextAction: null,
    result: null,
    failure: null,
    metadata: {},
    createdAt: AT,
    updatedAt: AT,
    finishedAt: AT,
    expiresAt: null,
    ...operation,
  },
});

const read = (event: OperationEventView) => {
  const message = messageOf(event);
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(LARGEST_MESSAGE);
  return webhookMessage.parse(JSON.parse(message));
};

test('a message is the event as everywhere', () => {
  const event = eventWith({ metadata: { order: '7' } });
  expect(read(event)).toEqual({ type: event.type, timestamp: AT, data: event });
});

test('a message of more than 20 KB keeps what identifies the event, and says that it was cut', () => {
  // In bytes: each of these characters has three.
  expect(read(eventWith({ result: { text: '€'.repeat(6600) } }))).toEqual({
    type: 'operation.succeeded',
    timestamp: AT,
    data: {
      operationId: ID,
      version: 3,
      type: 'operation.succeeded',
      occurredAt: AT,
      truncated: true,
      operation: { id: ID, kind: 'payment.charge', status: 'success', version: 3, done: true },
    },
  });
});

test('a message has no secret of the customer’s action', () => {
  const event = eventWith({ nextAction: { type: 'confirm', clientData: { clientSecret: 'pi_1_secret_2' } } });
  expect(JSON.stringify(read(event))).not.toContain('pi_1_secret_2');
});

test('each secret makes a signature that the public package verifies', () => {
  const secrets = [newSecret(), newSecret()];
  const id = messageId({ operationId: ID, version: 3, id: 1 });
  const now = Math.floor(Date.now() / 1000);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': signatureOf(secrets, id, now, '{}'),
  };
  for (const secret of secrets) expect(new Webhook(secret).verify('{}', headers)).toEqual({});
  expect(() => new Webhook(newSecret()).verify('{}', headers)).toThrow();
});

import { verifyWebhook } from '@outcome/client/webhooks';
import type { WebhookMessage } from '../../src/delivery/webhooks/webhook.contract.js';
import { DAYS, HOURS, MINUTES, SECONDS } from '../../src/time/durations.js';
import { eventually, Service } from '../support/service.js';
import { WebhookEndpointsOf } from '../support/webhook-endpoints.js';
import { answering, verified, WebhookReceiver } from '../support/webhook-receiver.js';

const LIFE = ['1 operation.started', '2 operation.processing', '3 operation.succeeded'];

describe('outgoing webhooks', () => {
  let service: Service;
  let endpoints: WebhookEndpointsOf;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    const CREDENTIAL_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
    service = await Service.start({ WEBHOOK_ALLOW_PRIVATE: 'true', CREDENTIAL_KEYS });
    endpoints = new WebhookEndpointsOf(service);
  });
  afterAll(() => service.stop());
  beforeEach(async () => (receiver = await WebhookReceiver.start()));
  afterEach(async () => {
    await endpoints.deleteAll();
    endpoints.goAhead(0);
    await receiver.stop();
  });

  const create = (given: Record<string, unknown> = {}) => endpoints.create({ url: receiver.url, ...given });
  const arrived = (operationId: string, events = LIFE, at = receiver) =>
    eventually(async () => at.eventsOf(operationId).length >= events.length).then(() =>
      expect(at.eventsOf(operationId)).toEqual(events),
    );

  test('carry each event of an operation, in order, and are verified by the public package', async () => {
    const { secret, ...endpoint } = await create();
    expect(secret).toMatch(/^whsec_/);
    expect(endpoint).toMatchObject({ url: receiver.url, enabled: true, events: null, kinds: null });
    const { id } = await service.charge('pm_card_visa', { metadata: { order: '7' } });
    await arrived(id);
    const history = await service.history(id);
    expect(receiver.of(id).map((webhook) => verified(webhook, secret))).toEqual(
      history.map((event) => ({ type: event.type, timestamp: event.occurredAt, data: event })),
    );
    expect(new Set(receiver.of(id).map(({ headers }) => headers['webhook-id'])).size).toBe(3);
    const [first] = receiver.of(id);
    expect(() => verified({ ...first!, body: first!.body.replace('"7"', '"8"') }, secret)).toThrow('signature');
    await eventually(async () => (await endpoints.delivery(endpoint.id, id, 3))?.status === 'delivered');
    expect((await endpoints.deliveries(endpoint.id))[0]).toMatchObject({
      operationId: id,
      type: 'operation.succeeded',
      status: 'delivered',
      nextAttemptAt: null,
      request: receiver.of(id)[2]!.body,
      webhookId: receiver.of(id)[2]!.headers['webhook-id'],
      attempts: [{ url: receiver.url, status: 204, body: '', error: null }],
    });
  });

  test('are repeated under the same id until they arrive, and what follows waits', async () => {
    const { id: endpointId } = await create();
    receiver.answer = answering(500, 'Not today.\0');
    const { id } = await service.charge();
    await service.ending(id);
    const failed = await endpoints.attempted(endpointId, id, 1, 1);
    expect(failed).toMatchObject({
      status: 'pending',
      attempts: [{ status: 500, body: 'Not today.\ufffd', error: expect.stringContaining('found 500') }],
    });
    const wait = Date.parse(failed.nextAttemptAt ?? '') - Date.parse(failed.attempts[0]!.at);
    expect(wait).toBeGreaterThanOrEqual(5 * SECONDS);
    expect(wait).toBeLessThan(8 * SECONDS);
    endpoints.goOnTo(failed);
    const again = await endpoints.attempted(endpointId, id, 1, 2);
    receiver.answer = answering(200, 'Thanks.');
    endpoints.goOnTo(again);
    await arrived(id, ['1 operation.started', '1 operation.started', ...LIFE]);
    const ids = receiver.of(id).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(new Set(ids).size).toBe(3);
    // Each is signed with the time at which it is sent.
    for (const { headers } of receiver.of(id).slice(2))
      expect(Number(headers['webhook-timestamp']) * SECONDS).toBeGreaterThan(Date.now() + 4 * MINUTES);
    await eventually(async () => (await endpoints.delivery(endpointId, id, 3))?.status === 'delivered');
  });

  test('go only to endpoints that want them', async () => {
    const other = await WebhookReceiver.start();
    await create({ events: ['operation.succeeded'] });
    await create({ url: other.url, kinds: ['demo.countdown'] });
    const { id } = await service.charge();
    const { body: countdown } = await service.start('demo.countdown', { seconds: 1 });
    await service.ending(countdown.id);
    await arrived(id, ['3 operation.succeeded']);
    await eventually(async () => other.eventsOf(countdown.id).some((event) => event.endsWith('succeeded')));
    expect(other.eventsOf(id)).toEqual([]);
    await other.stop();
  });

  test('a test event is sent, signed like any other', async () => {
    const { id, secret } = await create();
    const { webhookId } = await endpoints.test(id);
    await eventually(async () => receiver.received.length > 0);
    expect(verified(receiver.received[0]!, secret)).toMatchObject({ type: 'webhook.test', data: { endpointId: id } });
    expect(receiver.received[0]!.headers['webhook-id']).toBe(webhookId);
  });

  test('are verified and typed by the client', async () => {
    const { secret } = await create({ events: ['operation.succeeded'] });
    const { id } = await service.charge();
    await arrived(id, ['3 operation.succeeded']);
    const [{ body, headers }] = receiver.of(id) as [(typeof receiver.received)[0]];
    // Compiles only while the client's type is the server's.
    const event: WebhookMessage = await verifyWebhook(body, headers, secret);
    expect(event).toEqual(JSON.parse(body));
    await expect(verifyWebhook(`${body} `, headers, secret)).rejects.toMatchObject({ code: 'no_matching_signature' });
  });

  test('are signed with both secrets for a day after a rotation', async () => {
    const { id, secret: former } = await create();
    const { secret, previousSecretUntil } = await endpoints.rotate(id);
    expect(secret).not.toBe(former);
    expect(Date.parse(previousSecretUntil ?? '') - Date.now()).toBeGreaterThan(23 * HOURS);
    await endpoints.test(id);
    const first = await eventually(async () => receiver.received[0]);
    for (const one of [former, secret]) expect(verified(first, one)).toMatchObject({ type: 'webhook.test' });
    // Or else it would be sent once more a day later.
    await eventually(async () => (await endpoints.deliveries(id))[0]?.status === 'delivered');
    endpoints.goAhead(1 * DAYS);
    await endpoints.test(id);
    const second = await eventually(async () => receiver.received[1]);
    expect(second.headers['webhook-signature']!.split(' ')).toHaveLength(1);
    const [again] = await endpoints.deliveries(id);
    expect(again).toMatchObject({ request: second.body });
  });

  test('show a secret at creation and rotation alone', async () => {
    const { id, secret } = await create();
    const shown = JSON.stringify([await endpoints.get(id), (await service.get('/api/webhook-endpoints')).body]);
    expect(shown).toContain(receiver.url);
    expect(shown).not.toMatch(/whsec_|"(previousS|s)ecret"/);
    expect(shown).not.toContain(secret);
  });

  test('are sent again, one or all since a moment, in order and under their ids', async () => {
    const { id: endpointId } = await create();
    const { id } = await service.charge();
    await arrived(id);
    const last = await eventually(async () => {
      const delivery = await endpoints.delivery(endpointId, id, 3);
      return delivery?.status === 'delivered' && delivery;
    });
    expect(await endpoints.resendOne(endpointId, last.id)).toMatchObject({ id: last.id, status: 'pending' });
    await arrived(id, [...LIFE, LIFE[2]!]);
    await eventually(async () => (await endpoints.deliveries(endpointId, '?status=delivered')).length === 3);
    const since = new Date(Date.parse(last.createdAt) - 1 * MINUTES).toISOString();
    expect(await endpoints.resend(endpointId, { since })).toBe(0);
    expect(await endpoints.resend(endpointId, { since, status: 'finished' })).toBe(3);
    await arrived(id, [...LIFE, LIFE[2]!, ...LIFE]);
    expect(new Set(receiver.of(id).map(({ headers }) => headers['webhook-id'])).size).toBe(3);
    expect(await endpoints.resend(endpointId, { since: new Date(Date.now() + 1 * MINUTES).toISOString() })).toBe(0);
  });

  test('wait while their endpoint is disabled', async () => {
    const { id: endpointId } = await create({ events: ['operation.succeeded'] });
    await endpoints.change(endpointId, { enabled: false });
    expect(await endpoints.get(endpointId)).toMatchObject({ enabled: false, disabledReason: 'by_request' });
    const { id } = await service.charge();
    const waiting = await eventually(() => endpoints.delivery(endpointId, id, 3));
    expect(waiting).toMatchObject({ status: 'pending', attempts: [] });
    await endpoints.change(endpointId, { enabled: true });
    await arrived(id, ['3 operation.succeeded']);
    expect(await endpoints.needingAttention()).toEqual([]);
  });

  test('are deleted with their endpoint, also those not yet distributed', async () => {
    const { id } = await create();
    await endpoints.deleteAll();
    expect((await service.get(`/api/webhook-endpoints/${id}/deliveries`)).status).toBe(404);
    const { id: before } = await service.charge();
    await service.ending(before);
    await create();
    const { id: after } = await service.charge();
    await arrived(after);
    expect(receiver.eventsOf(before)).toEqual([]);
  });

  test('of several processes are each sent once, in order', async () => {
    const other = await Service.start({ WEBHOOK_ALLOW_PRIVATE: 'true' }, service.database);
    try {
      await create();
      const started = await Promise.all(Array.from({ length: 40 }, (_, at) => (at % 2 ? service : other).charge()));
      for (const { id } of started) await arrived(id);
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(120);
      expect(receiver.received).toHaveLength(120);
    } finally {
      await other.stop();
    }
  });
});

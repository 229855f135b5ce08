import type { z } from 'zod';
import type {
  webhookDeliveryList,
  WebhookDeliveryView,
  webhookEndpointWithSecret,
  WebhookEndpointView,
} from '../../src/delivery/webhooks/webhook.contract.js';
import { Clock } from '../../src/clock/clock.js';
import { MINUTES, SECONDS } from '../../src/time/durations.js';
import { eventually, Service } from '../support/service.js';
import { answering, verified, WebhookReceiver } from '../support/webhook-receiver.js';

type WithSecret = z.output<typeof webhookEndpointWithSecret>;
type Deliveries = z.output<typeof webhookDeliveryList>;

const LIFE = ['1 operation.started', '2 operation.processing', '3 operation.succeeded'];

describe('outgoing webhooks', () => {
  let service: Service;
  let receiver: WebhookReceiver;
  beforeAll(async () => (service = await Service.start({ WEBHOOK_ALLOW_PRIVATE: 'true' })));
  afterAll(() => service.stop());
  beforeEach(async () => (receiver = await WebhookReceiver.start()));
  afterEach(async () => {
    aheadOfTime(0);
    for (const { id } of (await service.get<{ items: WebhookEndpointView[] }>('/api/webhook-endpoints')).body.items)
      await service.request('DELETE', `/api/webhook-endpoints/${id}`);
    await receiver.stop();
  });

  /** The service's clock goes ahead by so much: what is due until then is due now. */
  function aheadOfTime(ms: number): void {
    const clock = service.outcome.app.get(Clock, { strict: false });
    clock.now = () => new Date(Date.now() + ms);
  }

  const create = async (given: Record<string, unknown> = {}) =>
    (await service.post<WithSecret>('/api/webhook-endpoints', { url: receiver.url, ...given })).body;
  const deliveries = async (id: string, query = '') =>
    (await service.get<Deliveries>(`/api/webhook-endpoints/${id}/deliveries${query}`)).body.items;
  const deliveryOf = async (id: string, operationId: string, version: number) =>
    (await deliveries(id)).find((delivery) => delivery.operationId === operationId && delivery.version === version);
  const attempted = (id: string, operationId: string, version: number, attempts: number) =>
    eventually(async () => {
      const delivery = await deliveryOf(id, operationId, version);
      return delivery && delivery.attempts.length >= attempts ? delivery : undefined;
    });
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
    expect((await deliveries(endpoint.id))[0]).toMatchObject({
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
    const { id: endpointId, secret } = await create();
    receiver.answer = answering(500, 'Not today.\0');
    const { id } = await service.charge();
    await service.ending(id);
    const failed = await attempted(endpointId, id, 1, 1);
    expect(failed).toMatchObject({
      status: 'pending',
      attempts: [{ status: 500, body: 'Not today.\ufffd', error: expect.stringContaining('found 500') }],
    });
    const wait = Date.parse(failed.nextAttemptAt ?? '') - Date.parse(failed.attempts[0]!.at);
    expect(wait).toBeGreaterThanOrEqual(5 * SECONDS);
    expect(wait).toBeLessThan(8 * SECONDS);
    aheadOfTime(6 * SECONDS);
    await attempted(endpointId, id, 1, 2);
    receiver.answer = answering(200, 'Thanks.');
    aheadOfTime(6 * MINUTES);
    await arrived(id, ['1 operation.started', '1 operation.started', ...LIFE]);
    const ids = receiver.of(id).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(new Set(ids).size).toBe(3);
    for (const webhook of receiver.of(id).slice(2)) {
      // The clock that signs is ahead.
      expect(Number(webhook.headers['webhook-timestamp']) * SECONDS).toBeGreaterThan(Date.now() + 5 * MINUTES);
    }
    expect(secret).toBeDefined();
    await eventually(async () => (await deliveryOf(endpointId, id, 3))?.status === 'delivered');
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
    const { status, body } = await service.post<WebhookDeliveryView>(`/api/webhook-endpoints/${id}/test`, {});
    expect(status).toBe(202);
    await eventually(async () => receiver.received.length > 0);
    expect(verified(receiver.received[0]!, secret)).toMatchObject({ type: 'webhook.test', data: { endpointId: id } });
    expect(receiver.received[0]!.headers['webhook-id']).toBe(body.webhookId);
  });
});

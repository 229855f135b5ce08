import { WebhookSender } from '../../src/delivery/webhooks/webhook-sender.js';
import { DAYS, SECONDS } from '../../src/time/durations.js';
import { createDatabase } from '../support/databases.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { ServiceProcess } from '../support/service-process.js';
import { WebhookEndpointsOf } from '../support/webhook-endpoints.js';
import { answering, WebhookReceiver } from '../support/webhook-receiver.js';

const LIFE = ['1 operation.started', '2 operation.processing', '3 operation.succeeded'];

describe('a webhook endpoint', () => {
  let service: Service;
  let endpoints: WebhookEndpointsOf;
  let receiver: WebhookReceiver;
  let other: WebhookReceiver;
  beforeAll(async () => {
    service = await Service.start({ WEBHOOK_ALLOW_PRIVATE: 'true' });
    endpoints = new WebhookEndpointsOf(service);
  });
  afterAll(() => service.stop());
  beforeEach(async () => ([receiver, other] = await Promise.all([WebhookReceiver.start(), WebhookReceiver.start()])));
  afterEach(async () => {
    await endpoints.deleteAll();
    endpoints.goAhead(0);
    await Promise.all([receiver.stop(), other.stop()]);
  });

  const arrivedAt = (at: WebhookReceiver, operationId: string, count = LIFE.length) =>
    eventually(async () => at.eventsOf(operationId).length >= count);

  test('that hangs delays no other, and has 15 s', async () => {
    receiver.answer = () => undefined;
    const { id: hanging } = await endpoints.create({ url: receiver.url });
    await endpoints.create({ url: other.url });
    // More than one endpoint is sent at once, and few enough to arrive in seconds on a slow machine.
    const started = await Promise.all(Array.from({ length: 12 }, () => service.charge()));
    const began = performance.now();
    for (const { id } of started) await arrivedAt(other, id);
    // The hanging one has not even timed out.
    expect(performance.now() - began).toBeLessThan(14 * SECONDS);
    for (const { id } of started) expect(other.eventsOf(id)).toEqual(LIFE);
    await eventually(async () => receiver.received.length === 10);
    const { id } = started.find((operation) => receiver.of(operation.id).length > 0)!;
    const { attempts } = await endpoints.attempted(hanging, id, 1, 1);
    expect(attempts[0]).toMatchObject({ status: null, error: 'Expected an answer within 15 s, found none.' });
    expect(attempts[0]!.durationMs).toBeGreaterThanOrEqual(15 * SECONDS - 100);
  });

  test('whose process is lost gets its webhook again when the claim has run out', async () => {
    receiver.answer = () => undefined;
    await endpoints.create({ url: receiver.url });
    const { id } = await service.charge();
    await arrivedAt(receiver, id, 1);
    receiver.answer = answering(204);
    endpoints.goAhead(31 * SECONDS);
    await arrivedAt(receiver, id, 4);
    expect(receiver.eventsOf(id)).toEqual(['1 operation.started', ...LIFE]);
  });

  test('that is gone is disabled and listed', async () => {
    receiver.answer = answering(410);
    const { id: endpointId } = await endpoints.create({ url: receiver.url });
    const { id } = await service.charge();
    await eventually(async () => !(await endpoints.get(endpointId)).enabled);
    expect(await endpoints.get(endpointId)).toMatchObject({ disabledReason: 'gone' });
    expect(await endpoints.needingAttention()).toEqual([endpointId]);
    const metrics = async () => (await service.get<string>('/metrics')).body;
    await eventually(async () => /outcome_webhook_endpoints{state="attention"} 1/.test(await metrics()));
    expect(receiver.of(id).length).toBe(1);
    receiver.answer = answering(204);
    await endpoints.change(endpointId, { enabled: true });
    endpoints.goAhead(6 * SECONDS);
    await arrivedAt(receiver, id, 4);
    expect(await endpoints.needingAttention()).toEqual([]);
  });

  test('that answers with a redirect is not followed', async () => {
    receiver.answer = answering(307, '', { Location: other.url });
    const { id: endpointId } = await endpoints.create({ url: receiver.url });
    const { id } = await service.charge();
    const { attempts } = await endpoints.attempted(endpointId, id, 1, 1);
    expect(attempts[0]).toMatchObject({ status: 307, error: expect.stringContaining('Redirects are not followed') });
    expect(other.received).toEqual([]);
  });

  test('that answers without end is read for a KB', async () => {
    receiver.answer = (_, response) => {
      response.writeHead(500);
      const write = () => {
        if (!response.destroyed) response.write('x'.repeat(10_000), () => setImmediate(write));
      };
      write();
    };
    const { id: endpointId } = await endpoints.create({ url: receiver.url });
    const { id } = await service.charge();
    const { attempts } = await endpoints.attempted(endpointId, id, 1, 1);
    expect(attempts[0]).toMatchObject({ status: 500, body: 'x'.repeat(1024) });
  });

  test('that fails for days loses no order: its webhooks are given up one by one, and it is disabled', async () => {
    receiver.answer = answering(503);
    const events = ['operation.succeeded', 'operation.started'];
    const { id: endpointId } = await endpoints.create({ url: receiver.url, events });
    const { id } = await service.charge();
    const giveUp = async (version: number) => {
      for (let attempts = 1; ; attempts += 1) {
        const delivery = await endpoints.attempted(endpointId, id, version, attempts);
        if (delivery.status === 'given_up') return delivery;
        endpoints.goOnTo(delivery);
      }
    };
    const first = await giveUp(1);
    expect(first.attempts).toHaveLength(10);
    const lasted = Date.parse(first.finishedAt ?? '') - Date.parse(first.createdAt);
    expect(lasted).toBeGreaterThan(3 * DAYS);
    expect(lasted).toBeLessThan(5 * DAYS);
    expect(await endpoints.get(endpointId)).toMatchObject({ enabled: true, failingSince: first.attempts[0]!.at });
    await giveUp(3);
    expect(receiver.eventsOf(id)).toEqual([
      ...Array.from({ length: 10 }, () => LIFE[0]),
      ...Array.from({ length: 10 }, () => LIFE[2]),
    ]);
    expect(await endpoints.get(endpointId)).toMatchObject({ enabled: false, disabledReason: 'failing' });
    expect(await endpoints.needingAttention()).toEqual([endpointId]);
    expect((await endpoints.deliveries(endpointId, '?status=given_up')).map(({ version }) => version)).toEqual([3, 1]);
  });
});

describe('a process that is killed between the commit and the delivery', () => {
  afterAll(() => ServiceProcess.killAll());

  test('loses no event', async () => {
    const database = await createDatabase();
    const receiver = await WebhookReceiver.start();
    const env = {
      DATABASE_URL: database.url,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      PUBLIC_URL: 'http://127.0.0.1:9',
      // A slow worker is not taken for lost, of which a further event would tell.
      JOB_LOCK_MS: '15000',
    };
    const post = async <T>(url: string, body: object): Promise<T> => {
      const headers = { 'Content-Type': 'application/json' };
      return (await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as T;
    };
    // Without a worker, which would send at once.
    const first = ServiceProcess.spawn({ ...env, ROLES: 'api' });
    const url = await first.ready();
    await post(`${url}/api/webhook-endpoints`, { url: receiver.url });
    const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
    const { id } = await post<{ id: string }>(`${url}/api/operations`, { kind: 'payment.charge', input });
    await first.kill('SIGKILL');
    expect(receiver.received).toEqual([]);
    const second = ServiceProcess.spawn(env);
    await second.ready();
    await eventually(async () => receiver.eventsOf(id).length >= 3);
    expect(receiver.eventsOf(id)).toEqual(LIFE);
    await second.kill('SIGTERM');
    await receiver.stop();
    await database.drop();
  });
});

describe('without WEBHOOK_ALLOW_PRIVATE', () => {
  let service: Service;
  let endpoints: WebhookEndpointsOf;
  beforeAll(async () => {
    service = await Service.start();
    endpoints = new WebhookEndpointsOf(service);
  });
  afterAll(() => service.stop());

  test.each([
    'http://shop.example/webhooks',
    'https://shop.example:8443/webhooks',
    'https://me:secret@shop.example/webhooks',
    'https://shop.example/webhooks#part',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://10.0.0.7/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fd00:ec2::254]/',
    'ftp://shop.example/',
  ])('%s is no endpoint', async (url) => {
    const { status, body } = await service.post<Problem>('/api/webhook-endpoints', { url });
    expect([status, body.code]).toEqual([422, 'webhook_url_refused']);
    expect(body.detail).not.toContain('secret@');
  });

  test('one URL is one endpoint', async () => {
    await endpoints.create({ url: 'https://shop.invalid/webhooks' });
    const { status, body } = await service.post<Problem>('/api/webhook-endpoints', {
      url: 'https://shop.invalid/webhooks',
    });
    expect([status, body.code]).toEqual([409, 'webhook_endpoint_exists']);
    await endpoints.deleteAll();
  });

  test('a name that resolves to loopback is not connected to', async () => {
    const { id: endpointId } = await endpoints.create({ url: 'https://localhost/webhooks' });
    const { id } = await service.charge();
    const { attempts } = await endpoints.attempted(endpointId, id, 1, 1);
    expect(attempts[0]).toMatchObject({ status: null, error: expect.stringContaining('that localhost is ') });
  });

  test('an address that was allowed before is refused when it is sent to', async () => {
    const receiver = await WebhookReceiver.start();
    const sender = new WebhookSender({ allowPrivate: false });
    const { signal } = new AbortController();
    for (const url of [
      receiver.url,
      receiver.url.replace('127.0.0.1', '[::ffff:127.0.0.1]'),
      receiver.url.replace('127.0.0.1', 'localhost'),
    ])
      expect(await sender.send(url, {}, '{}', signal)).toMatchObject({
        status: null,
        error: expect.stringContaining('WEBHOOK_ALLOW_PRIVATE'),
      });
    expect(receiver.received).toEqual([]);
    sender.stop();
    await receiver.stop();
  });
});

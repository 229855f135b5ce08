import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { once } from 'node:events';
import { v7 as uuidv7 } from 'uuid';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { accept } from '../support/credentials.js';
import { eventually, type Problem, Service } from '../support/service.js';

const [SHOP, OTHER] = [uuidv7(), uuidv7()];
const CHARGE = { kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } };
const HOOK = { url: 'https://shop.example/hook', events: ['operation.succeeded'] };

describe('a tenant', () => {
  let service: Service;
  let shop: { Authorization: string };
  let other: { Authorization: string };
  let charge: OperationView;
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys' });
    shop = accept(service, 'shop', { tenant: SHOP });
    other = accept(service, 'other', { tenant: OTHER });
    charge = (await service.post('/api/operations', CHARGE, { ...shop, Prefer: 'wait=30' })).body;
    expect(charge.status).toBe('success');
  });
  afterAll(() => service.stop());

  const starting = (input: unknown, kind: string, who: { Authorization: string }) =>
    service.post<Problem>('/api/operations', { kind, input }, { ...who, Prefer: 'wait=30' });

  const asked = [
    ['GET', (id: string) => `/api/operations/${id}`],
    ['GET', (id: string) => `/api/operations/${id}/events`],
    ['GET', (id: string) => `/api/operations/${id}/inspection`],
    ['GET', (id: string) => `/api/checkStatus?operationId=${id}`],
    ['GET', (id: string) => `/api/payments/${id}`],
    ['POST', (id: string) => `/api/operations/${id}/cancel`],
    ['POST', (id: string) => `/api/operations/${id}/resolve`],
  ] as const;

  test.each(asked.map(([method, path]) => [`${method} ${path(':id')}`, method, path] as const))(
    'gets the same answer for an operation of another as for none: %s',
    async (_, method, path) => {
      const body = JSON.stringify({ by: 'me', reason: 'why', outcome: { status: 'failed' } });
      const asks = (id: string, headers: Record<string, string>) =>
        service.request<Problem>(method, path(id), {
          headers: { ...headers, 'Content-Type': 'application/json' },
          ...(method === 'POST' && { body }),
        });
      const random = uuidv7();
      const [own, foreign, none] = [
        await asks(charge.id, shop),
        await asks(charge.id, other),
        await asks(random, other),
      ];
      const said = ({ status, body: { code, detail } }: typeof own, id: string) => [
        status,
        code,
        detail.replaceAll(id, ':id'),
      ];

      expect(own.status).not.toBe(404);
      expect(foreign.status).toBe(404);
      expect(said(foreign, charge.id)).toEqual(said(none, random));
    },
  );

  test('gets the same answer when it waits, streams, joins or follows', async () => {
    const waiting = await service.get<Problem>(`/api/operations/${charge.id}`, { ...other, Prefer: 'wait=1' });
    const streaming = await service.get<Problem>(`/api/operations/${charge.id}/events`, {
      ...other,
      Accept: 'text/event-stream',
    });
    const socket = service.socket({ auth: { token: 'other' } });
    const joining = (await socket.emitWithAck('join', { operationId: charge.id })) as { problem: Problem };
    const hub = new HubConnectionBuilder()
      .withUrl(`${service.url}/hubs/operations`, { accessTokenFactory: () => 'other' })
      .configureLogging(LogLevel.None)
      .build();
    await hub.start();
    const invoking = await hub.invoke('Join', charge.id).catch((error: unknown) => (error as Error).message);
    await hub.stop();

    expect([waiting.body.code, streaming.body.code, joining.problem.code]).toEqual(
      Array(3).fill('operation_not_found'),
    );
    expect(invoking).toMatch(/operation_not_found/);
  });

  test('joins its own, also by a token of the message alone', async () => {
    const socket = service.socket();
    const without = (await socket.emitWithAck('join', { operationId: charge.id })) as { problem: Problem };
    const joined = (await socket.emitWithAck('join', { operationId: charge.id, token: 'shop' })) as { ok: boolean };

    expect([without.problem.code, joined.ok]).toEqual(['credentials_missing', true]);
  });

  test('is told why its socket is refused', async () => {
    const socket = service.socket({ auth: { token: 'of nobody' } });
    const [error] = (await once(socket as never, 'connect_error')) as [Error & { data: Problem }];

    expect(error.data.code).toBe('credentials_invalid');
  });

  test('lists and counts its own operations alone', async () => {
    const list = async (who: { Authorization: string }, query = '') =>
      (await service.get<{ items: OperationView[] }>(`/api/operations${query}`, who)).body.items.map(({ id }) => id);
    const started = async (who: { Authorization: string }) =>
      (await service.get<{ buckets: { started: number }[] }>('/api/operations/statistics', who)).body.buckets.reduce(
        (sum, bucket) => sum + bucket.started,
        0,
      );

    expect(await list(shop)).toContain(charge.id);
    for (const query of ['', '?kind=payment.charge', '?status=success']) expect(await list(other, query)).toEqual([]);
    expect([(await started(shop)) > 0, await started(other)]).toEqual([true, 0]);
  });

  test('has idempotency keys of its own', async () => {
    const headers = { 'Idempotency-Key': 'order-1' };
    const first = await service.post('/api/operations', CHARGE, { ...shop, ...headers });
    const others = await service.post('/api/operations', CHARGE, { ...other, ...headers });
    const again = await service.post('/api/operations', CHARGE, { ...shop, ...headers });

    expect([first.status, others.status, again.headers.get('idempotent-replayed')]).toEqual([202, 202, 'true']);
    expect([others.body.id === first.body.id, again.body.id === first.body.id]).toEqual([false, true]);
    expect(others.headers.get('idempotent-replayed')).toBeNull();
  });

  test.each([
    ['payment.refund', (id: string) => ({ chargeOperationId: id, amount: 100 })],
    ['payment.capture', (id: string) => ({ chargeOperationId: id })],
    ['payment.void', (id: string) => ({ chargeOperationId: id })],
  ])('cannot move the money of another: %s', async (kind, input) => {
    const foreign = await starting(input(charge.id), kind, other);
    const random = uuidv7();
    const none = await starting(input(random), kind, other);

    expect([foreign.status, foreign.body.code]).toEqual([422, 'charge_not_found']);
    expect(foreign.body.detail.replaceAll(charge.id, ':id')).toBe(none.body.detail.replaceAll(random, ':id'));
  });

  test('has webhook endpoints and deliveries of its own', async () => {
    const { body: hook } = await service.post<{ id: string }>('/api/webhook-endpoints', HOOK, shop);
    // The same URL is free for another tenant.
    const second = await service.post<{ id: string }>('/api/webhook-endpoints', HOOK, other);
    const hooksOf = async (who: { Authorization: string }) =>
      (await service.get<{ items: { id: string }[] }>('/api/webhook-endpoints', who)).body.items.map(({ id }) => id);

    expect(second.status).toBe(201);
    expect([await hooksOf(shop), await hooksOf(other)]).toEqual([[hook.id], [second.body.id]]);
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
    ] as const) {
      const { status } = await service.request(method, `/api/webhook-endpoints/${hook.id}${path}`, { headers: other });
      expect([method, path, status]).toEqual([method, path, 404]);
    }
  });

  test('receives webhooks of its own operations alone', async () => {
    const { body } = await service.post('/api/operations', CHARGE, { ...shop, Prefer: 'wait=30' });
    const delivered = await eventually(async () => {
      const { rows } = await service.database.client.query<{ tenant: string }>(
        `SELECT DISTINCT tenant FROM webhook_delivery JOIN webhook_endpoint ON webhook_endpoint.id = endpoint_id
         WHERE operation_id = $1`,
        [body.id],
      );
      return rows.length > 0 && rows;
    });

    expect(delivered).toEqual([{ tenant: SHOP }]);
  });
});

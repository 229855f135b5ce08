import { once } from 'node:events';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { createKey } from '../support/api-keys.js';
import { changedToken } from '../support/changed-token.js';
import type { HeldClock } from '../support/held-clock.js';
import { holdClock } from '../support/maintenance.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { MINUTES, SECONDS } from '../../src/time/durations.js';
import { eventually, type Problem, Service } from '../support/service.js';

type Started = OperationView & { watchToken?: string };

const bearer = (token = '') => ({ Authorization: `Bearer ${token}` });
const COUNTDOWN = {
  kind: 'demo.countdown',
  input: { seconds: 60 },
  metadata: { note: 'mail@shop.example', public_order: 'A-1' },
};
const ALL = ['operations:start', 'operations:read', 'operations:read_secrets', 'operations:cancel'] as const;

describe('a watch token', () => {
  let service: Service;
  let backend: Record<string, string>;
  let clock: HeldClock;
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys' });
    clock = holdClock(service);
    ({ headers: backend } = await createKey(service, [...ALL]));
  });
  afterEach(() => void (clock.aheadMs = 0));
  afterAll(() => service.stop());

  const started = async (more: object = {}, headers = backend) =>
    (await service.post<Started>('/api/operations', { ...COUNTDOWN, ...more }, headers)).body;
  const codeOf = async (method: string, path: string, token: string | undefined) =>
    (await service.request<Problem>(method, path, { headers: bearer(token) })).body.code;
  const changed = changedToken;

  test('comes with each start, is stored nowhere, and shows its operation without the notes of the shop', async () => {
    const { id, watchToken, metadata } = await started();
    expect(metadata).toEqual(COUNTDOWN.metadata);
    const { status, body } = await service.get<Started>(`/api/operations/${id}`, bearer(watchToken));
    expect([status, body.id, body.metadata, body.watchToken]).toEqual([200, id, { public_order: 'A-1' }, undefined]);
    const history = await service.get<{ metadata: object }>(`/api/operations/${id}/events`, bearer(watchToken));
    expect(history.body.metadata).toEqual({ public_order: 'A-1' });
    expect((await service.get(`/api/checkStatus?operationId=${id}`, bearer(watchToken))).status).toBe(200);
    const { rows } = await service.database.client.query(
      'SELECT o::text || e::text AS row FROM operation o JOIN operation_event e ON e.operation_id = o.id',
    );
    expect(JSON.stringify(rows)).not.toContain(watchToken?.split('.')[2]);
  });

  test('ends with the key that has made it, also behind a start token, and those of other keys go on', async () => {
    const { record, headers } = await createKey(service, [...ALL]);
    const { body: given } = await service.post<{ startToken: string }>('/api/start-tokens', COUNTDOWN, headers);
    const [direct, other] = [await started({}, headers), await started()];
    const byToken = (await service.post<Started>('/api/operations', undefined, bearer(given.startToken))).body;
    const codes = () =>
      Promise.all(
        [direct, byToken, other].map(({ id, watchToken }) => codeOf('GET', `/api/operations/${id}`, watchToken)),
      );
    expect(await codes()).toEqual([undefined, undefined, undefined]);
    await service.outcome.app.get(ApiKeys, { strict: false }).revoke(record.id, { name: 'a test' });
    await eventually(async () => (await codes())[0] === 'credentials_invalid');

    expect(await codes()).toEqual(['credentials_invalid', 'credentials_invalid', undefined]);
    expect(await codeOf('POST', '/api/operations', given.startToken)).toBe('credentials_invalid');
  });

  test('knows no other operation, and nothing but what concerns one', async () => {
    const [own, other] = [await started(), await started()];
    for (const path of ['', '/events']) {
      expect(await codeOf('GET', `/api/operations/${other.id}${path}`, own.watchToken)).toBe('operation_not_found');
    }
    const answers = await Promise.all(
      [other.id, '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70'].map(async (id) => {
        const { body } = await service.get<Problem>(`/api/operations/${id}`, bearer(own.watchToken));
        return JSON.stringify({ ...body, requestId: '' }).replaceAll(id, 'id');
      }),
    );
    expect(answers[0]).toBe(answers[1]);
    expect(await codeOf('GET', `/api/checkStatus?operationId=${other.id}`, own.watchToken)).toBe('operation_not_found');
    expect(await codeOf('GET', `/api/payments/${other.id}`, own.watchToken)).toBe('operation_not_found');
    for (const path of [
      '/api/operations',
      '/api/operations/statistics',
      '/api/kinds',
      `/api/operations/${own.id}/inspection`,
    ])
      expect([path, await codeOf('GET', path, own.watchToken)]).toEqual([path, 'scope_missing']);
    for (const path of ['/api/operations', '/api/start-tokens', `/api/operations/${own.id}/resolve`])
      expect([path, await codeOf('POST', path, own.watchToken)]).toEqual([path, 'scope_missing']);
  });

  test('cancels only if that was asked for', async () => {
    const [plain, cancelable] = [await started(), await started({ cancelable: true })];
    expect(await codeOf('POST', `/api/operations/${plain.id}/cancel`, plain.watchToken)).toBe('scope_missing');
    expect(await codeOf('POST', `/api/operations/${plain.id}/cancel`, cancelable.watchToken)).toBe(
      'operation_not_found',
    );
    const { status } = await service.request('POST', `/api/operations/${cancelable.id}/cancel`, {
      headers: bearer(cancelable.watchToken),
    });
    expect([200, 202]).toContain(status);
  });

  test('comes with the start that a start token makes', async () => {
    const { body } = await service.post<{ startToken: string }>('/api/start-tokens', COUNTDOWN, backend);
    const { body: operation } = await service.request<Started>('POST', '/api/operations', {
      headers: bearer(body.startToken),
    });
    expect((await service.get(`/api/operations/${operation.id}`, bearer(operation.watchToken))).status).toBe(200);
  });

  test('is renewed by who holds it while the operation runs, for a day at most', async () => {
    const { id, watchToken } = await started({ cancelable: true });
    const renew = (token?: string) =>
      service.request<{ watchToken: string } & Problem>('POST', `/api/operations/${id}/watch-token`, {
        headers: bearer(token),
      });
    const { status, body } = await renew(watchToken);
    expect(status).toBe(201);
    expect((await service.get(`/api/operations/${id}`, bearer(body.watchToken))).status).toBe(200);
    expect(
      (await service.request<Problem>('POST', `/api/operations/${id}/watch-token`, { headers: backend })).body.code,
    ).toBe('scope_missing');

    await service.database.client.query(
      `UPDATE operation SET created_at = created_at - interval '24 hours' WHERE id = $1`,
      [id],
    );
    expect((await renew(watchToken)).body.code).toBe('credentials_expired');
    await service.request('POST', `/api/operations/${id}/cancel`, { headers: bearer(body.watchToken) });
    await eventually(async () => (await renew(watchToken)).body.code === 'operation_already_ended');
  });

  test('is none if it was changed, ended or made for something else', async () => {
    const { id, watchToken } = await started();
    const path = `/api/operations/${id}`;
    expect((await service.get(path, bearer(await changed(watchToken)))).status).toBe(200);
    for (const change of [
      { header: { kid: 'k9' } },
      { header: { typ: 'JWT' } },
      { claims: { aud: 'shop' } },
      { claims: { iss: 'shop' } },
      { claims: { sub: undefined } },
      { claims: { scp: 'read' } },
    ])
      expect([change, await codeOf('GET', path, await changed(watchToken, change))]).toEqual([
        change,
        'credentials_invalid',
      ]);
    // Even with our key on it, it is no start.
    const ofAnotherSort = await changed(watchToken, { header: { typ: 'outcome-start+jwt' } });
    expect(await codeOf('GET', path, ofAnotherSort)).toBe('scope_missing');
    const [head = '', body = ''] = (watchToken ?? '').split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'outcome-watch+jwt' })).toString('base64url');
    for (const forged of [`${none}.${body}.`, `${none}.${body}.AA`, `${head}.${body}.AA`])
      expect(await codeOf('GET', path, forged)).toBe('credentials_invalid');
    expect(await codeOf('GET', path, await changed(watchToken, { claims: { exp: 1_700_000_000 } }))).toBe(
      'credentials_expired',
    );
    expect(await codeOf('GET', path, await changed(watchToken, { claims: { scp: [] } }))).toBe('scope_missing');
  });

  const inAMinute = () => Math.floor((Date.now() + 1 * MINUTES) / SECONDS);

  test('joins its room alone, and leaves it when it ends', async () => {
    const [own, other] = [await started(), await started()];
    const socket = service.socket({ reconnection: false });
    const join = (operationId: string, token?: string) =>
      socket.timeout(20_000).emitWithAck('join', { operationId, token }) as Promise<{
        ok: boolean;
        problem?: Problem;
        operation?: OperationView;
      }>;
    expect((await join(other.id, own.watchToken)).problem?.code).toBe('operation_not_found');
    const left = once(socket as never, 'left');
    const joined = await join(own.id, await changed(own.watchToken, { claims: { exp: inAMinute() } }));
    expect(joined).toMatchObject({ ok: true, operation: { metadata: { public_order: 'A-1' } } });
    clock.aheadMs = 1 * MINUTES;
    expect(await left).toEqual([{ operationId: own.id, reason: 'token_expired' }]);
    expect((await join(own.id, own.watchToken)).ok).toBe(true);
  });

  test('ends a stream of events, which says so', async () => {
    const { id, watchToken } = await started();
    const token = await changed(watchToken, { claims: { exp: inAMinute() } });
    const response = await fetch(`${service.url}/api/operations/${id}/events`, {
      headers: { ...bearer(token), Accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    clock.aheadMs = 1 * MINUTES;
    expect(await response.text()).toMatch(/event: left\ndata: {"operationId":"[^"]+","reason":"token_expired"}\n\n$/);
  });

  test('stands for what the customer must do; others need operations:read_secrets', async () => {
    const { headers: reader } = await createKey(service, ['operations:read']);
    const charge = {
      kind: 'payment.charge',
      input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_authenticationRequired' },
    };
    const { id, watchToken } = await started(charge);
    const seen = await eventually(async () => {
      const { body } = await service.get(`/api/operations/${id}`, bearer(watchToken));
      return body.nextAction ? body : undefined;
    });
    expect(seen.nextAction).not.toHaveProperty('redacted');
    const { body } = await service.get(`/api/operations/${id}`, reader);
    expect(body.nextAction).toEqual({ type: seen.nextAction?.type, redacted: true });
    const list = await service.get<{ items: OperationView[] }>('/api/operations?status=requires_action', reader);
    expect(list.body.items.map(({ nextAction }) => nextAction)).toEqual([body.nextAction]);
    const history = await service.get<{ items: object[] }>(`/api/operations/${id}/events`, reader);
    expect(JSON.stringify(history.body.items)).not.toContain('"url"');
  });
});

test('where access is open, a start answers with none', async () => {
  const service = await Service.start();
  try {
    const { body } = await service.post<Started>('/api/operations', COUNTDOWN);
    expect(body).not.toHaveProperty('watchToken');
  } finally {
    await service.stop();
  }
});

import { once } from 'node:events';
import { jest } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { AccessChanges } from '../../src/access/access-changes.js';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { REMEMBERED_FOR } from '../../src/access/keys/known-keys.js';
import { Tenants } from '../../src/access/tenants/tenants.js';
import { TokenRevocations } from '../../src/access/keys/token-revocations.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { SECONDS } from '../../src/time/durations.js';
import { bearer, createKey, keysCommand, type TestKey } from '../support/api-keys.js';
import { changedToken } from '../support/changed-token.js';
import { routeNeeds } from '../support/declared-needs.js';
import type { HeldClock } from '../support/held-clock.js';
import { holdTime } from '../support/held-time.js';
import { holdClock } from '../support/maintenance.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { followersOf, nobodyFollows } from '../support/watchers.js';

type Started = OperationView & { watchToken: string };

const COUNTDOWN = { kind: 'demo.countdown', input: { seconds: 60 } };
const ALL = [
  'operations:start',
  'operations:read',
  'operations:read_secrets',
  'operations:cancel',
  'operations:revoke_tokens',
] as const;

describe('what is connected', () => {
  let service: Service;
  let backend: TestKey;
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys' });
    backend = await createKey(service, [...ALL]);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    service.closeSockets();
  });
  afterAll(() => service.stop());

  const started = async ({ headers }: TestKey = backend) =>
    (await service.post<Started>('/api/operations', COUNTDOWN, headers)).body;
  const revokeKey = ({ record }: TestKey) =>
    service.outcome.app.get(ApiKeys, { strict: false }).revoke(record.id, { name: 'a test' });
  const revokeTokens = (id: string, headers = backend.headers) =>
    service.request<Problem>('POST', `/api/operations/${id}/watch-tokens/revoke`, { headers });
  /** No process receives a notice until it is given back. */
  function loseNotices(): () => void {
    const changes = service.outcome.app.get<AccessChanges, { receive: unknown }>(AccessChanges, { strict: false });
    Object.assign(changes, { receive: () => undefined });
    return () => {
      delete changes.receive;
    };
  }

  /** Follows an operation in each way; each resolves with what it is told when it is left. */
  const ways: Readonly<Record<string, (id: string, token: string) => Promise<{ left: Promise<unknown> }>>> = {
    'a room of Socket.IO': async (id, token) => {
      const socket = service.socket({ reconnection: false });
      const left = once(socket as never, 'left').then(([message]) => message as unknown);
      expect(await socket.timeout(20_000).emitWithAck('join', { operationId: id, token })).toMatchObject({ ok: true });
      return { left };
    },
    'a room joined with the credentials of its socket': async (id, token) => {
      const socket = service.socket({ reconnection: false, auth: { token } });
      const left = once(socket as never, 'left').then(([message]) => message as unknown);
      expect(await socket.timeout(20_000).emitWithAck('join', { operationId: id })).toMatchObject({ ok: true });
      return { left };
    },
    'a room of the hub': async (id, token) => {
      const hub = hubOf(service.url);
      const left = new Promise((resolve) => hub.on('left', resolve));
      await hub.start();
      await hub.invoke('Join', id, 0, token);
      return { left: left.finally(() => hub.stop()) };
    },
    'a stream of the hub': async (id, token) => {
      const hub = hubOf(service.url);
      await hub.start();
      let begin!: () => void;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const left = new Promise<unknown>((resolve, reject) => {
        hub.stream('Follow', id, 0, token).subscribe({
          next: begin,
          // A stream has an error in place of `left`.
          error: ({ message }: Error) =>
            resolve({ operationId: id, reason: message.includes('credentials_invalid') ? 'token_revoked' : message }),
          complete: () => reject(new Error('Expected the stream to end with an error, found none.')),
        });
      });
      await begun;
      return { left: left.finally(() => hub.stop()) };
    },
    'a stream of events': async (id, token) => {
      const headers = { ...bearer(token), Accept: 'text/event-stream' };
      const response = await fetch(`${service.url}/api/operations/${id}/events`, { headers });
      expect(response.status).toBe(200);
      const whole = response.text();
      return {
        left: whole.then((text) => JSON.parse(/event: left\ndata: (.*)\n\n$/.exec(text)?.[1] ?? '{}') as unknown),
      };
    },
    'a waiting GET': async (id, token) => {
      const headers = { ...bearer(token), Prefer: 'wait=60, until=end' };
      const before = followersOf(service);
      const waiting = service.get<Problem>(`/api/operations/${id}`, headers);
      await eventually(async () => followersOf(service) > before);
      return { left: waiting.then(({ status, body }) => ({ operationId: id, reason: `${status} ${body.code}` })) };
    },
  };

  const told = (id: string, way: string) => ({
    operationId: id,
    reason: way === 'a waiting GET' ? '401 credentials_invalid' : 'token_revoked',
  });

  describe.each(Object.keys(ways))('%s', (way) => {
    test('is left when the key is revoked that has joined it', async () => {
      const key = await createKey(service, [...ALL]);
      const { id } = await started(key);
      const { left } = await ways[way]!(id, key.key);
      await revokeKey(key);
      expect(await left).toEqual(told(id, way));
      await nobodyFollows(service);
    });

    test('is left when the key is revoked that has made its token, and those of other keys go on', async () => {
      const key = await createKey(service, [...ALL]);
      const [own, other] = [await started(key), await started()];
      const { left } = await ways[way]!(own.id, own.watchToken);
      const { left: otherLeft } = await ways[way]!(other.id, other.watchToken);
      await revokeKey(key);
      expect(await left).toEqual(told(own.id, way));
      // The other ends by its own revocation alone, which comes later.
      let hasLeft = false;
      const ended = otherLeft.finally(() => (hasLeft = true));
      await service.get(`/api/operations/${other.id}`, bearer(other.watchToken));
      expect(hasLeft).toBe(false);
      await revokeTokens(other.id);
      expect(await ended).toEqual(told(other.id, way));
    });

    test('is left when the tokens of its operation are revoked, also if the notice is lost', async () => {
      const { id, watchToken } = await started();
      const { left } = await ways[way]!(id, watchToken);
      const giveBack = loseNotices();
      try {
        const before = performance.now();
        expect((await revokeTokens(id)).status).toBe(204);
        expect(await left).toEqual(told(id, way));
        // The waiting GET would be answered after a minute.
        expect(performance.now() - before).toBeLessThan(40 * SECONDS);
      } finally {
        giveBack();
      }
    });
  });

  test('is left when its key is revoked, also if the notice is lost', async () => {
    const key = await createKey(service, [...ALL]);
    const { id } = await started(key);
    const time = holdTime();
    const { left } = await ways['a room of Socket.IO']!(id, key.key);
    const giveBack = loseNotices();
    try {
      await revokeKey(key);
      time.ms += REMEMBERED_FOR + 1;
      expect(await left).toEqual({ operationId: id, reason: 'token_revoked' });
    } finally {
      giveBack();
    }
  });

  async function tenantNamed(name: string): Promise<string> {
    const tenants = service.outcome.app.get(Tenants, { strict: false });
    await tenants.create(name);
    return (await tenants.find(name))!.id;
  }

  describe('by npm run keys -- revoke-tokens', () => {
    const revokeTokensOf = async (...whose: string[]) => {
      const { code, err } = await keysCommand(['revoke-tokens', ...whose], { DATABASE_URL: service.database.url });
      expect([code, err]).toEqual([0, expect.stringContaining('are revoked')]);
    };
    const audited = async (key: TestKey) =>
      (await service.get<{ items: object[] }>('/api/audit', key.headers)).body.items;

    test.each([
      ['a tenant', (_: TestKey) => ['--tenant', 'shop'], 'tenant.tokens_revoked', () => 'tenant shop'],
      [
        'a key',
        ({ record }: TestKey) => [record.id],
        'key.tokens_revoked',
        ({ record }: TestKey) => `key ${record.id}`,
      ],
    ] as const)('is left with the tokens of %s, whose keys go on', async (_, whose, action, subject) => {
      const tenant = await tenantNamed('shop');
      const shop = await createKey(service, [...ALL, 'audit:read'], { tenant });
      const [own, other] = [await started(shop), await started()];
      const { left } = await ways['a room of Socket.IO']!(own.id, own.watchToken);
      const { left: otherLeft } = await ways['a room of Socket.IO']!(other.id, other.watchToken);
      let hasOtherLeft = false;
      void otherLeft.then(() => (hasOtherLeft = true));
      const { body: made } = await service.post<{ startToken: string }>('/api/start-tokens', COUNTDOWN, shop.headers);

      await revokeTokensOf(...whose(shop));
      expect(await left).toEqual({ operationId: own.id, reason: 'token_revoked' });
      const { body } = await service.post<Problem>('/api/operations', undefined, bearer(made.startToken));
      expect(body.code).toBe('credentials_invalid');
      expect((await service.get(`/api/operations/${own.id}`, bearer(own.watchToken))).status).toBe(401);
      expect(await audited(shop)).toContainEqual(
        expect.objectContaining({ action, subject: subject(shop), actor: expect.stringMatching(/^command line/) }),
      );

      expect((await service.get(`/api/operations/${other.id}`, bearer(other.watchToken))).status).toBe(200);
      expect(hasOtherLeft).toBe(false);
      await eventually(async () => {
        const { id, watchToken } = await started(shop);
        return (await service.get(`/api/operations/${id}`, bearer(watchToken))).status === 200;
      });
    });

    test('an unknown key or tenant is told', async () => {
      const ask = (...whose: string[]) =>
        keysCommand(['revoke-tokens', ...whose], { DATABASE_URL: service.database.url });
      expect(await ask('000000000000')).toMatchObject({ code: 1, err: expect.stringContaining('000000000000') });
      expect(await ask('--tenant', 'nowhere')).toMatchObject({ code: 2, err: expect.stringContaining('"nowhere"') });
    });
  });

  test('is left when its tenant’s tokens are revoked, also if the notice is lost', async () => {
    const key = await createKey(service, [...ALL], { tenant: await tenantNamed('silent') });
    const { id, watchToken } = await started(key);
    const time = holdTime();
    const { left } = await ways['a room of Socket.IO']!(id, watchToken);
    const giveBack = loseNotices();
    try {
      await service.outcome.app
        .get(TokenRevocations, { strict: false })
        .ofTenant({ id: key.record.tenant, name: 'silent' }, { name: 'a test' });
      time.ms += REMEMBERED_FOR + 1;
      expect(await left).toEqual({ operationId: id, reason: 'token_revoked' });
    } finally {
      giveBack();
    }
  });

  test('of a socket whose key is revoked joins no further room', async () => {
    const key = await createKey(service, [...ALL]);
    const { id } = await started();
    const socket = service.socket({ reconnection: false, auth: { token: key.key } });
    const join = () =>
      socket.timeout(20_000).emitWithAck('join', { operationId: id }) as Promise<{ ok: boolean; problem?: Problem }>;
    expect((await join()).ok).toBe(true);
    await revokeKey(key);
    await eventually(async () => (await join()).problem?.code === 'credentials_invalid');
  });

  test('a revoked watch token shows its operation by no route and no message, and a repeated start gives a new one', async () => {
    const headers = { ...backend.headers, 'Idempotency-Key': 'order 7' };
    const start = async () => (await service.post<Started>('/api/operations', COUNTDOWN, headers)).body;
    const { id, watchToken } = await start();
    const renewed = await service.request<{ watchToken: string }>('POST', `/api/operations/${id}/watch-token`, {
      headers: bearer(watchToken),
    });
    expect((await revokeTokens(id)).status).toBe(204);

    const reachable = [...routeNeeds(service)].filter(
      ([route, need]) =>
        need &&
        'scope' in need &&
        /^operations:(read|cancel)$/.test(need.scope) &&
        /:id|:chargeOperationId|checkStatus/.test(route),
    );
    expect(reachable.length).toBeGreaterThanOrEqual(6);
    for (const token of [watchToken, renewed.body.watchToken])
      for (const [route] of reachable) {
        const [method = '', path = ''] = route.split(' ');
        const url = path.replace(/:\w+/, id) + (path.endsWith('checkStatus') ? `?operationId=${id}` : '');
        const wide = await changedToken(token, { claims: { scp: ['read', 'cancel'] } });
        const { status, body } = await service.request<Problem>(method, url, { headers: bearer(wide) });
        expect([route, status, body.code]).toEqual([route, 401, 'credentials_invalid']);
      }
    const socket = service.socket({ reconnection: false });
    const joined = (await socket.timeout(20_000).emitWithAck('join', { operationId: id, token: watchToken })) as {
      problem?: Problem;
    };
    expect(joined.problem?.code).toBe('credentials_invalid');

    const again = await start();
    expect(again.id).toBe(id);
    expect((await service.get(`/api/operations/${id}`, bearer(again.watchToken))).status).toBe(200);
  });

  test('a revocation is in the audit trail, and needs its scope and an operation of the tenant', async () => {
    const auditor = await createKey(service, ['audit:read']);
    const { id, watchToken } = await started();
    expect((await revokeTokens(id, bearer(watchToken))).body.code).toBe('scope_missing');
    expect((await revokeTokens('01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70')).body.code).toBe('operation_not_found');
    await revokeTokens(id);
    const { body } = await service.get<{ items: { action: string; subject: string; actor: string }[] }>(
      '/api/audit',
      auditor.headers,
    );
    expect(body.items).toContainEqual(
      expect.objectContaining({
        action: 'operation.watch_tokens_revoked',
        subject: `operation ${id}`,
        actor: `key ${backend.record.id}`,
      }),
    );
  });

  describe('renewing', () => {
    /** Within a minute of a token's end, its renewal is asked for. */
    const SOON = 50 * SECONDS;
    const soon = (token: string) => changedToken(token, { claims: { exp: Math.floor((Date.now() + SOON) / SECONDS) } });
    let clock: HeldClock;
    beforeAll(() => void (clock = holdClock(service)));
    afterEach(() => void (clock.aheadMs = 0));

    test('keeps the room of a socket and its version, and is asked for in time', async () => {
      const { id, watchToken } = await started();
      const socket = service.socket({ reconnection: false });
      const versions: number[] = [];
      socket.on('operation', ({ version }: { version: number }) => versions.push(version));
      const expiring = once(socket as never, 'expiring');
      let hasLeft = false;
      socket.on('left', () => (hasLeft = true));
      const ask = (name: string, token: string) =>
        socket.timeout(20_000).emitWithAck(name, { operationId: id, token }) as Promise<{
          ok: boolean;
          problem?: Problem;
          operation?: OperationView;
        }>;
      const { operation } = await ask('join', await soon(watchToken));
      const [{ operationId, expiresAt }] = (await expiring) as [{ operationId: string; expiresAt: string }];
      expect([operationId, Date.parse(expiresAt)]).toEqual([id, expect.any(Number)]);
      expect(await ask('renew', watchToken)).toEqual({ ok: true });
      // It goes on after the first token's end, which is looked for every second.
      clock.aheadMs = SOON;
      const { length } = versions;
      await eventually(async () => versions.length >= length + 3);
      expect(versions).toEqual(versions.map((_, at) => operation!.version + 1 + at));
      expect(hasLeft).toBe(false);
    });

    test('with a token that ends no later is asked for no second time', async () => {
      const { id, watchToken } = await started();
      const token = await soon(watchToken);
      const socket = service.socket({ reconnection: false });
      const renewals: Promise<unknown>[] = [];
      socket.on('expiring', () =>
        renewals.push(socket.timeout(20_000).emitWithAck('renew', { operationId: id, token })),
      );
      const left = once(socket as never, 'left');
      let pushed = 0;
      socket.on('operation', () => (pushed += 1));
      await socket.timeout(20_000).emitWithAck('join', { operationId: id, token });
      await eventually(async () => renewals.length > 0 && pushed >= 3);
      clock.aheadMs = SOON;
      expect(await left).toEqual([{ operationId: id, reason: 'token_expired' }]);
      expect(await Promise.all(renewals)).toEqual([{ ok: true }]);
    });

    test('does the same at the hub, for rooms and streams', async () => {
      const { id, watchToken } = await started();
      const hub = hubOf(service.url);
      await hub.start();
      try {
        let hasLeft = false;
        hub.on('left', () => (hasLeft = true));
        const expiring = new Promise<{ operationId: string }>((resolve) => hub.on('expiring', resolve));
        let last = 0;
        hub.on('operation', ({ version }: { version: number }) => (last = version));
        const { operation } = await hub.invoke<{ operation: OperationView }>('Join', id, 0, await soon(watchToken));
        expect(await expiring).toMatchObject({ operationId: id });
        await hub.invoke('Renew', id, watchToken);
        clock.aheadMs = SOON;
        const before = Math.max(last, operation.version);
        await eventually(async () => last >= before + 3);
        expect(hasLeft).toBe(false);
      } finally {
        await hub.stop();
      }
    });

    test('is refused without a room, and with a token that is not its own or no good', async () => {
      const [own, other] = [await started(), await started()];
      const socket = service.socket({ reconnection: false });
      const ask = async (name: string, token: string) =>
        (
          (await socket.timeout(20_000).emitWithAck(name, { operationId: own.id, token })) as {
            problem?: Problem;
          }
        ).problem?.code;
      expect(await ask('renew', own.watchToken)).toBe('operation_not_joined');
      expect(await ask('join', own.watchToken)).toBeUndefined();
      expect(await ask('renew', other.watchToken)).toBe('operation_not_found');
      expect(await ask('renew', `${own.watchToken}x`)).toBe('credentials_invalid');
      const giveBack = loseNotices();
      await revokeTokens(own.id);
      expect(await ask('renew', own.watchToken)).toBe('credentials_invalid');
      giveBack();
    });
  });
});

describe('a browser’s EventSource', () => {
  let service: Service;
  let backend: TestKey;
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys' });
    backend = await createKey(service, [...ALL]);
  });
  afterAll(() => service.stop());

  const started = async () => (await service.post<Started>('/api/operations', COUNTDOWN, backend.headers)).body;
  const tokenFor = async ({ id, watchToken }: Started, purpose = 'event-source') =>
    service.request<{ watchToken: string } & Problem>('POST', `/api/operations/${id}/watch-token?for=${purpose}`, {
      headers: bearer(watchToken),
    });
  const events = (id: string, token: string) =>
    fetch(`${service.url}/api/operations/${id}/events?watch=${token}`, { headers: { Accept: 'text/event-stream' } });

  test('follows by a token in its address, which allows nothing else', async () => {
    const operation = await started();
    const { status, body } = await tokenFor(operation);
    expect(status).toBe(201);
    const { watchToken } = body;
    const stream = await events(operation.id, watchToken);
    expect([stream.status, stream.headers.get('referrer-policy')]).toEqual([200, 'no-referrer']);
    await stream.body?.cancel();

    const other = await started();
    expect((await events(other.id, watchToken)).status).toBe(404);
    for (const path of ['', '/watch-token', '/cancel']) {
      const method = path === '' ? 'GET' : 'POST';
      const answer = await service.request<Problem>(method, `/api/operations/${operation.id}${path}`, {
        headers: bearer(watchToken),
      });
      expect([path, answer.body.code]).toEqual([path, 'scope_missing']);
      // In the address of another route, it is none.
      const inAddress = `/api/operations/${operation.id}${path}?watch=${watchToken}`;
      expect((await service.request<Problem>(method, inAddress)).body.code).toBe('credentials_missing');
    }
    const socket = service.socket({ reconnection: false });
    const joined = (await socket
      .timeout(20_000)
      .emitWithAck('join', { operationId: operation.id, token: watchToken })) as { problem?: Problem };
    expect(joined.problem?.code).toBe('scope_missing');
    service.closeSockets();
  });

  test('takes no other credential in an address', async () => {
    const { id, watchToken } = await started();
    for (const token of [watchToken, backend.key, `${watchToken}x`, ''])
      expect([token, (await events(id, token)).status]).toEqual([token, 401]);
    expect((await tokenFor(await started(), 'everything')).status).toBe(400);
  });

  test('stops when its token has ended, since it would come back for ever', async () => {
    const operation = await started();
    const { body } = await tokenFor(operation);
    const ended = await changedToken(body.watchToken, { claims: { exp: 1_700_000_000 } });
    expect((await events(operation.id, ended)).status).toBe(204);
    // Whoever can read an answer is told.
    const { status } = await service.get(`/api/operations/${operation.id}/events`, bearer(ended));
    expect(status).toBe(401);
  });
});

describe('a connection without credentials', () => {
  afterEach(() => jest.restoreAllMocks());

  /** Connections are looked at every second. */
  const severalLooks = (socket: Socket) => {
    let pushed = 0;
    socket.on('operation', () => (pushed += 1));
    return eventually(async () => pushed >= 3 || !socket.connected);
  };

  test('that follows nothing is closed after ten seconds, with the reason; one with a room is not', async () => {
    const service = await Service.start({ AUTH_MODE: 'keys' });
    try {
      const { headers, key } = await createKey(service, [...ALL]);
      const { id, watchToken } = (await service.post<Started>('/api/operations', COUNTDOWN, headers)).body;
      const [idle, following, known] = [undefined, undefined, { token: key }].map((auth) =>
        service.socket({ reconnection: false, ...(auth && { auth }) }),
      ) as [Socket, Socket, Socket];
      const hub = hubOf(service.url);
      const closed = new Promise<Error | undefined>((resolve) => hub.onclose(resolve));
      const time = holdTime();
      await Promise.all([
        hub.start(),
        ...[idle, known].map((socket) => once(socket as never, 'connect')),
        following.timeout(20_000).emitWithAck('join', { operationId: id, token: watchToken }),
      ]);
      time.ms += 9 * SECONDS;
      await severalLooks(following);
      expect([idle.connected, hub.state]).toEqual([true, 'Connected']);
      time.ms += 1 * SECONDS;
      const problem = once(idle as never, 'problem');
      const gone = once(idle as never, 'disconnect');
      expect(await problem).toMatchObject([{ code: 'credentials_missing' }]);
      expect((await gone)[0]).toBe('io server disconnect');
      expect((await closed)?.message).toContain('credentials_missing');
      await severalLooks(following);
      expect([following.connected, known.connected]).toEqual([true, true]);
      // Once it has left its room, it is a stranger like others.
      expect(await following.timeout(20_000).emitWithAck('leave', { operationId: id })).toEqual({ ok: true });
      time.ms += 10 * SECONDS;
      expect((await once(following as never, 'disconnect'))[0]).toBe('io server disconnect');
    } finally {
      await service.stop();
    }
  });

  test('where access is open, may stay', async () => {
    const service = await Service.start();
    try {
      const socket = service.socket({ reconnection: false });
      const time = holdTime();
      await once(socket as never, 'connect');
      time.ms += 20 * SECONDS;
      const { body } = await service.start('demo.countdown', { seconds: 3 });
      await service.ending(body.id);
      expect(socket.connected).toBe(true);
    } finally {
      await service.stop();
    }
  });
});

test('the article’s start answers with a watch token where access is closed, and as printed where it is open', async () => {
  const [closed, open] = [await Service.start({ AUTH_MODE: 'keys' }), await Service.start()];
  try {
    const { headers } = await createKey(closed, [...ALL]);
    const { body } = await closed.post<{ operationId: string; watchToken: string }>('/api/startOperation', {}, headers);
    const path = `/api/checkStatus?operationId=${body.operationId}`;
    expect((await closed.get(path, bearer(body.watchToken))).status).toBe(200);
    expect((await closed.get(path)).status).toBe(401);
    expect(Object.keys((await open.post('/api/startOperation', {})).body)).toEqual(['operationId']);
  } finally {
    await closed.stop();
    await open.stop();
  }
});

const hubOf = (url: string) =>
  new HubConnectionBuilder()
    .withUrl(`${url}/hubs/operations`, { transport: HttpTransportType.WebSockets })
    .configureLogging(LogLevel.None)
    .build();

import {
  type Client,
  type Connect,
  createClient,
  type KeyStore,
  openSocket,
  OutcomeError,
  type Token,
  type TransportName,
} from '@outcome/client';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { createKey, type TestKey } from '../support/api-keys.js';
import { changedToken } from '../support/changed-token.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { eventually, Service } from '../support/service.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } as const;
const DECLINED = { ...CHARGE, paymentMethod: 'pm_card_visa_chargeDeclined' };
const BACKEND = ['operations:start', 'operations:read'] as const;

const storeIn = (items = new Map<string, string>()): KeyStore => ({
  getItem: (name) => items.get(name) ?? null,
  setItem: (name, value) => void items.set(name, value),
  removeItem: (name) => void items.delete(name),
});
const now = () => Math.floor(Date.now() / 1000);

/** Start answers whose watch token lasts so many seconds, from now or a later time on. */
const withShortTokens =
  (seconds: number, after = 0): typeof fetch =>
  async (address, init) => {
    const response = await fetch(address, init);
    const isStart = typeof address === 'string' && address.endsWith('/api/operations') && init?.method === 'POST';
    if (!isStart) return response;
    const { watchToken, ...operation } = (await response.json()) as { watchToken: string };
    const short = await changedToken(watchToken, { claims: { iat: now() + after, exp: now() + after + seconds } });
    return Response.json({ ...operation, watchToken: short }, response);
  };

const WAYS: [string, TransportName[] | undefined][] = [
  ['as it comes', undefined],
  ['by a socket alone', ['socket']],
  ['by a stream alone', ['sse']],
  ['by polling alone', ['poll']],
];

describe('a page without credentials of its own', () => {
  let service: Service;
  let network: FaultyNetwork;
  let backend: Client;
  let backendKey: TestKey;
  let store: KeyStore;
  const clients: Client[] = [];
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys', SANDBOX_LATENCY_MS: '30' });
    backendKey = await createKey(service, BACKEND);
    backend = createClient({ url: service.url, token: backendKey.key });
  });
  afterAll(async () => {
    backend.close();
    await service.stop();
  });
  beforeEach(async () => {
    network = await FaultyNetwork.before(service.url);
    store = storeIn();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await network.close();
  });

  /** Loads the page, or reloads it. */
  const page = (options: { transports?: TransportName[]; fetch?: typeof fetch; connect?: Connect } = {}) => {
    const client = createClient({ url: network.url, store, ...options });
    clients.push(client);
    return client;
  };
  const chargeToken = (orderId: string, input: typeof DECLINED = CHARGE) =>
    backend.createStartToken('payment.charge', { ...input, orderId });
  const countdownToken = (seconds: number, cancelable = false) =>
    backend.createStartToken('demo.countdown', { seconds }, { cancelable });
  const operations = async (orderId: string) =>
    (
      await service.database.client.query<{ id: string }>(
        `SELECT id FROM operation WHERE input->>'orderId' = $1 ORDER BY id`,
        [orderId],
      )
    ).rows;
  const versionsOf = async (client: Client, id: string, afterVersion = 0) => {
    const versions: number[] = [];
    for await (const { version } of client.watch(id, { afterVersion })) versions.push(version);
    return versions;
  };

  describe('starts with a start token', () => {
    test('what the backend has decided, once, and learns how it ended', async () => {
      const client = page();
      const { id, kind } = await client.startWith(await chargeToken('decided'), { intent: 'decided' });
      expect([kind, (await client.outcome(id)).status]).toEqual(['payment.charge', 'success']);
      const request = network.requests.find(({ method }) => method === 'POST');
      expect([request?.headers['content-type'], request?.headers['idempotency-key']]).toEqual([undefined, undefined]);
      expect(await service.charges(id)).toBe(1);
    });

    test.each([
      ['the request is lost', { type: 'lost' }],
      ['its answer is lost', { type: 'answer lost' }],
      ['the network doubles it', { type: 'twice' }],
      ['the service is away for a moment', { type: 'answered', status: 503, retryAfter: 0 }],
    ] as const)('once if %s', async (title, fault) => {
      network.plan([fault]);
      const { id } = await page().startWith(await chargeToken(title));
      expect(await operations(title)).toEqual([{ id }]);
    });

    test('once for clicks that each got a token of their own, in two tabs', async () => {
      const [one, other] = [page(), page()];
      const tokens = await Promise.all([1, 2, 3].map(() => chargeToken('clicks')));
      expect(new Set(tokens).size).toBe(3);
      const started = await Promise.all(
        [one, one, other].map((client, at) => client.startWith(() => tokens[at]!, { intent: 'clicks' })),
      );
      expect(await operations('clicks')).toEqual([{ id: started[0]!.id }]);
    });

    test('once over a reload, if the page lost the answer and gets another token', async () => {
      network.plan([{ type: 'answer lost' }]);
      const leaving = new AbortController();
      const options = { intent: 'reload', signal: leaving.signal };
      const lost = page()
        .startWith(await chargeToken('reload'), options)
        .catch(() => undefined);
      await eventually(async () => (await operations('reload')).length === 1);
      leaving.abort(new Error('the page was left'));
      await lost;
      const found = await page().resume('reload');
      expect((await page().startWith(await chargeToken('reload'), { intent: 'reload' })).id).toBe(found?.id);
      expect(await operations('reload')).toEqual([{ id: found?.id }]);
    });

    test('anew after a decline, and never again after a success', async () => {
      const client = page();
      const first = await client.startWith(await chargeToken('attempts', DECLINED), { intent: 'attempts' });
      expect((await client.outcome(first.id)).status).toBe('failed');
      expect((await page().resume('attempts'))?.status).toBe('failed');
      const second = await client.startWith(await chargeToken('attempts'), { intent: 'attempts' });
      expect((await client.outcome(second.id)).status).toBe('success');
      const third = await page().startWith(await chargeToken('attempts'), { intent: 'attempts' });
      expect([third.id, third.status]).toEqual([second.id, 'success']);
      expect(await operations('attempts')).toEqual([{ id: first.id }, { id: second.id }]);
    });

    test('nothing else while an intent is under way', async () => {
      const client = page();
      const slow = { ...CHARGE, paymentMethod: 'pm_sandbox_slow' };
      const { id } = await client.startWith(await chargeToken('under way', slow), { intent: 'under way' });
      await expect(client.startWith(await chargeToken('under way'), { intent: 'under way' })).rejects.toMatchObject({
        code: 'intent_underway',
        operation: { id },
      });
    });

    test('nothing with a token that has ended, and something with the next one', async () => {
      const client = page();
      const ended = await changedToken(await chargeToken('late'), { claims: { exp: now() - 60 * 60 * 48 } });
      const options = { intent: 'late' };
      await expect(client.startWith(ended, options)).rejects.toMatchObject({ code: 'credentials_expired' });
      const { id } = await client.startWith(await chargeToken('late'), options);
      expect(await operations('late')).toEqual([{ id }]);
    });

    test('nothing else if a token has ended after an attempt without an answer: that may have started', async () => {
      network.plan([{ type: 'answered', status: 503, retryAfter: 3 }]);
      const short = await changedToken(await chargeToken('unknown'), { claims: { exp: now() + 2 } });
      const error = await page()
        .startWith(short, { intent: 'unknown' })
        .catch((error: unknown) => error);
      expect(error).toMatchObject({ code: 'credentials_expired', repeated: true });
      await expect(page().startWith(await chargeToken('unknown'), { intent: 'unknown' })).rejects.toBeInstanceOf(
        OutcomeError,
      );
      expect(await operations('unknown')).toEqual([]);
    });

    test('nothing with what is no start token', async () => {
      await expect(page().startWith('oc_test_key')).rejects.toThrow('Expected a start token');
      expect(network.requests).toEqual([]);
    });
  });

  describe('follows by a watch token', () => {
    test.each(['socket', 'sse', 'wait', 'poll'] as const)(
      'each version once and in order by %s, over the end of the first token',
      async (transport) => {
        const emitted: string[] = [];
        const connect: Connect = async (...given) =>
          (await openSocket(...given)).onAnyOutgoing((name: string) => emitted.push(name));
        const client = page({ transports: [transport], fetch: withShortTokens(6), connect });
        const { id } = await client.startWith(await countdownToken(10));
        expect(await versionsOf(client, id)).toEqual(Array.from({ length: 13 }, (_, at) => at + 1));
        expect(network.count('/watch-token')).toBe(1);
        expect(emitted.filter((name) => name === 'join')).toHaveLength(transport === 'socket' ? 2 : 0);
        expect(network.requests.filter(({ path }) => path.includes('eyJ'))).toEqual([]);
      },
    );

    test('in its room of a socket, with the next token once the service says that the first one ends soon', async () => {
      const sent: [name: string, token: unknown][] = [];
      const connect: Connect = async (...given) =>
        (await openSocket(...given)).onAnyOutgoing((name: string, { token }: { token?: string }) =>
          sent.push([name, token]),
        );
      // It is renewed after 4.8 s and, as any token is, warned of a minute before its end.
      const client = page({ transports: ['socket'], fetch: withShortTokens(6, 60), connect });
      const { id } = await client.startWith(await countdownToken(9));
      expect(await versionsOf(client, id)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
      const [joined, renewed] = sent;
      expect(sent.map(([name]) => name)).toEqual(['join', 'renew']);
      expect(renewed?.[1]).toMatch(/^eyJ/);
      expect(renewed?.[1]).not.toBe(joined?.[1]);
    });

    test('after a reload, with the token that was kept and then the next one', async () => {
      const { id } = await page().startWith(await countdownToken(3), { intent: 'reloaded' });
      const reloaded = page();
      expect((await reloaded.resume('reloaded'))?.id).toBe(id);
      expect(await versionsOf(reloaded, id)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(network.count('/watch-token')).toBe(1);
      expect(network.count('POST /api/operations ')).toBe(0);
    });

    test('started again once that has ended while the machine slept, with the next token', async () => {
      const client = page({ fetch: withShortTokens(1) });
      const { id } = await client.startWith(await countdownToken(8), { intent: 'slept' });
      await eventually(async () =>
        client.get(id).then(
          () => false,
          (error: unknown) => (error as OutcomeError).code === 'credentials_expired',
        ),
      );
      const again = await client.startWith(() => countdownToken(8), { intent: 'slept' });
      expect([again.id, again.done]).toEqual([id, false]);
      expect((await client.outcome(id)).status).toBe('success');
    });

    test('and cancels by it, if the backend allows', async () => {
      const client = page();
      const [free, bound] = await Promise.all([countdownToken(60, true), countdownToken(59)]);
      const [one, other] = [await client.startWith(free), await client.startWith(bound)];
      await client.cancel(one.id);
      expect((await client.outcome(one.id)).status).toBe('canceled');
      await expect(client.cancel(other.id)).rejects.toMatchObject({ code: 'scope_missing', status: 403 });
      await expect(client.list()).rejects.toMatchObject({ code: 'credentials_missing' });
    });

    test.each(WAYS)('until there is none, and learns that at once and for good, %s', async (_, transports) => {
      const client = page({ ...(transports && { transports }), fetch: withShortTokens(4) });
      const { id } = await client.startWith(await countdownToken(60));
      await service.database.client.query(
        `UPDATE operation SET created_at = created_at - interval '25 hours' WHERE id = $1`,
        [id],
      );
      await expect(client.outcome(id)).rejects.toMatchObject({ code: 'credentials_expired' });
      const asked = network.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(network.requests).toHaveLength(asked);
      expect(asked).toBeLessThan(20);
      await expect(client.get(id)).rejects.toMatchObject({ code: 'credentials_expired' });
    });

    test.each(WAYS)('that ends with the key of the backend, and learns that, %s', async (_, transports) => {
      const { key, record } = await createKey(service, BACKEND);
      const other = createClient({ url: service.url, token: key });
      const client = page({ ...(transports && { transports }) });
      const { id } = await client.startWith(await other.createStartToken('demo.countdown', { seconds: 60 }));
      const ending = client.outcome(id).catch((error: unknown) => error);
      const { getSnapshot } = client.follow(id);
      await eventually(async () => getSnapshot().via);
      await service.outcome.app.get(ApiKeys, { strict: false }).revoke(record.id, { name: 'a test' });
      expect(await ending).toMatchObject({ code: 'credentials_invalid', status: 401 });
      other.close();
    });
  });

  test('a client with a token of its own uses that, and is given the watch token for its page', async () => {
    const own = createClient({ url: network.url, token: backendKey.key, transports: ['poll'] });
    clients.push(own);
    const { id, watchToken } = await own.start('demo.countdown', { seconds: 1 }, { metadata: { note: 'ours' } });
    expect((await own.outcome(id)).metadata).toEqual({ note: 'ours' });
    expect(new Set(network.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${backendKey.key}`]),
    );
    expect(network.count('/watch-token')).toBe(0);
    expect(watchToken).toMatch(/^eyJ/);
  });

  describe.each(WAYS)('a client with a token of its own, %s', (title, transports) => {
    const following = (token: Token) => {
      const client = createClient({ url: network.url, token, ...(transports && { transports }) });
      clients.push(client);
      return client;
    };
    const ways = transports?.length ?? 3;
    const invalid = { code: 'credentials_invalid', status: 401 };

    test('learns that it is invalid, and tries no further', async () => {
      const { id } = await backend.start('demo.countdown', { seconds: 60 });
      const client = following(`${backendKey.key}x`);
      const { subscribe, getSnapshot } = client.follow(id);
      const stop = subscribe(() => undefined);
      await expect(client.outcome(id)).rejects.toMatchObject(invalid);
      await expect(client.watch(id).next()).rejects.toMatchObject(invalid);
      expect(getSnapshot()).toMatchObject({ error: invalid, via: undefined });
      stop();
      expect(network.requests).toHaveLength(ways);
    });

    test('learns that it was revoked', async () => {
      const { id } = await backend.start('demo.countdown', { seconds: 59 });
      const { key, record } = await createKey(service, BACKEND);
      const client = following(key);
      const ending = client.outcome(id).catch((error: unknown) => error);
      await eventually(async () => client.follow(id).getSnapshot().via);
      await service.outcome.app.get(ApiKeys, { strict: false }).revoke(record.id, { name: 'a test' });
      expect(await ending).toMatchObject(invalid);
    });

    test('goes on with the next token of a function', async () => {
      const { id } = await backend.start('demo.countdown', { seconds: 2 }, { metadata: { way: title } });
      let asked = 0;
      const client = following(() => (asked++ < 1 ? `${backendKey.key}x` : backendKey.key));
      expect((await client.outcome(id)).status).toBe('success');
    });

    test('learns that no token of its function is valid', async () => {
      const { id } = await backend.start('demo.countdown', { seconds: 58 });
      let asked = 0;
      const client = following(() => `${backendKey.key}${asked++}`);
      await expect(client.outcome(id)).rejects.toMatchObject(invalid);
      expect(asked).toBeGreaterThan(1);
      expect(asked).toBeLessThanOrEqual(2 * ways);
    });
  });

  describe('a client whose own token ends', () => {
    const emitted: string[] = [];
    const connect: Connect = async (...given) =>
      (await openSocket(...given)).onAnyOutgoing((name: string) => emitted.push(name));
    beforeEach(() => void emitted.splice(0));
    /** A client that follows by a socket; after `answers` answers, its token function has the next token. */
    const withNextTokenAfter = async (answers: number) => {
      const { key } = await createKey(service, BACKEND, { expiresInMs: 4000 });
      let asked = 0;
      const token = () => (asked++ < answers ? key : backendKey.key);
      const own = createClient({ url: network.url, token, transports: ['socket'], connect });
      clients.push(own);
      return own;
    };
    const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    test('renews it in its room when the service says that it ends soon, and goes on', async () => {
      const own = await withNextTokenAfter(2);
      const { id } = await own.start('demo.countdown', { seconds: 6 }, { metadata: { token: 'renewed' } });
      expect(await versionsOf(own, id)).toEqual(NINE);
      expect(emitted).toEqual(['join', 'renew']);
    });

    test('joins again if there is no next one in time, and misses nothing', async () => {
      const own = await withNextTokenAfter(3);
      const { id } = await own.start('demo.countdown', { seconds: 6 }, { metadata: { token: 'late' } });
      expect(await versionsOf(own, id)).toEqual(NINE);
      expect(emitted.filter((name) => name !== 'leave')).toEqual(['join', 'renew', 'join']);
      expect(network.count('UPGRADE')).toBe(1);
    });
  });

  describe('a client that reads by polling what it has missed', () => {
    const versionsWith = async (test: string, isValid: (time: number) => boolean) => {
      const { id } = await backend.start('demo.countdown', { seconds: 1 }, { metadata: { test } });
      await backend.outcome(id);
      let asked = 0;
      const token = () => (isValid(asked++) ? backendKey.key : `${backendKey.key}x`);
      const own = createClient({ url: network.url, token, transports: ['poll'] });
      clients.push(own);
      return versionsOf(own, id);
    };

    test('does so with the next token of its function', async () => {
      expect(await versionsWith('next', (time) => time !== 1)).toEqual([1, 2, 3, 4]);
    });

    test('learns that no token of its function is valid', async () => {
      const versions = versionsWith('none', (time) => time === 0);
      await expect(versions).rejects.toMatchObject({ code: 'credentials_invalid' });
      expect(network.count('/events')).toBe(2);
    });
  });

  test('a client with an invalid token whose own fetch has a valid one presents it to the socket once', async () => {
    const valid: typeof fetch = (address, init) => {
      const headers = new Headers(init?.headers);
      headers.set('Authorization', `Bearer ${backendKey.key}`);
      return fetch(address, { ...init, headers });
    };
    const emitted: string[] = [];
    const connect: Connect = async (...given) =>
      (await openSocket(...given)).onAnyOutgoing((name: string) => emitted.push(name));
    const transports = ['socket', 'poll'] as const;
    const own = createClient({ url: network.url, token: `${backendKey.key}x`, fetch: valid, connect, transports });
    clients.push(own);
    const { id } = await own.start('demo.countdown', { seconds: 4 }, { metadata: { test: 'own fetch' } });
    expect((await own.outcome(id)).status).toBe('success');
    expect([emitted, network.count('UPGRADE')]).toEqual([['join'], 1]);
  });
});

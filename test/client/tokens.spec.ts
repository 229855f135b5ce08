import {
  type Client,
  type Connect,
  createClient,
  type KeyStore,
  openSocket,
  type Token,
  type TransportName,
} from '@outcome/client';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { succeeded } from '../../src/operations/kinds/outcome.js';
import { HOURS, SECONDS } from '../../src/time/durations.js';
import { createKey, type TestKey } from '../support/api-keys.js';
import { changedToken } from '../support/changed-token.js';
import { storeIn, WAYS } from '../support/client-page.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { Gate } from '../support/gate.js';
import { eventually, Service } from '../support/service.js';
import { teach } from '../support/work.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } as const;
const DECLINED = { ...CHARGE, paymentMethod: 'pm_card_visa_chargeDeclined' };
const BACKEND = ['operations:start', 'operations:read'] as const;

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
  const page = (options: { transports?: TransportName[] } = {}) => {
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
  const versionsOf = async (client: Client, id: string) => {
    const versions: number[] = [];
    for await (const { version } of client.watch(id)) versions.push(version);
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
      const ended = await changedToken(await chargeToken('late'), {
        claims: { exp: Math.floor((Date.now() - 48 * HOURS) / SECONDS) },
      });
      const options = { intent: 'late' };
      await expect(client.startWith(ended, options)).rejects.toMatchObject({ code: 'credentials_expired' });
      const { id } = await client.startWith(await chargeToken('late'), options);
      expect(await operations('late')).toEqual([{ id }]);
    });

    test('nothing with what is no start token', async () => {
      await expect(page().startWith('oc_test_key')).rejects.toThrow('Expected a start token');
      expect(network.requests).toEqual([]);
    });
  });

  describe('has a watch token', () => {
    test('and cancels by it, if the backend allows', async () => {
      const client = page();
      const [free, bound] = await Promise.all([countdownToken(60, true), countdownToken(59)]);
      const [one, other] = [await client.startWith(free), await client.startWith(bound)];
      await client.cancel(one.id);
      expect((await client.outcome(one.id)).status).toBe('canceled');
      await expect(client.cancel(other.id)).rejects.toMatchObject({ code: 'scope_missing', status: 403 });
      await expect(client.list()).rejects.toMatchObject({ code: 'credentials_missing' });
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
    const { id, watchToken } = await own.start('payment.charge', CHARGE, { metadata: { note: 'ours' } });
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
      const { id } = await backend.start('demo.countdown', { seconds: 1 }, { metadata: { way: title } });
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

  describe('a client that reads by polling what it has missed', () => {
    const versionsWith = async (test: string, isValid: (time: number) => boolean) => {
      const { id } = await backend.start('payment.charge', CHARGE, { metadata: { test } });
      await backend.outcome(id);
      let asked = 0;
      const token = () => (isValid(asked++) ? backendKey.key : `${backendKey.key}x`);
      const own = createClient({ url: network.url, token, transports: ['poll'] });
      clients.push(own);
      return versionsOf(own, id);
    };

    test('does so with the next token of its function', async () => {
      expect(await versionsWith('next', (time) => time !== 1)).toEqual([1, 2, 3]);
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
    const gate = new Gate();
    teach(service, 'test.held', { execute: () => gate.pass().then(() => succeeded({})) });
    const { id } = (await service.start('test.held', {}, { headers: backendKey.headers })).body;
    const ending = own.outcome(id);
    await eventually(async () => emitted.length > 0 && network.count('GET') > 2);
    gate.open();
    expect((await ending).status).toBe('success');
    expect([emitted, network.count('UPGRADE')]).toEqual([['join'], 1]);
  });
});

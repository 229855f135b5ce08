import {
  type Client,
  type Connect,
  createClient,
  type KeyStore,
  openSocket,
  OutcomeError,
  type TransportName,
} from '@outcome/client';
import { OperationFollowers } from '../../src/operations/feed/operation-follower.js';
import { MINUTES, SECONDS } from '../../src/time/durations.js';
import { createKey, type TestKey } from '../support/api-keys.js';
import { changedToken } from '../support/changed-token.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { storeIn, WAYS } from '../support/client-page.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { Gate } from '../support/gate.js';
import type { HeldClock } from '../support/held-clock.js';
import { holdClock } from '../support/maintenance.js';
import { eventually, Service } from '../support/service.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } as const;
const BACKEND = ['operations:start', 'operations:read'] as const;
/** A short token, by the clock of the service. Its room is warned a minute before. */
const LASTS = 2 * MINUTES;
const WARNED = 70 * SECONDS;

/** The clock of the service is held, and its operations are driven: tokens end and events come when a test says so. */
describe('a page whose token ends', () => {
  let service: Service;
  let clock: HeldClock;
  let network: FaultyNetwork;
  let backend: Client;
  let backendKey: TestKey;
  let store: KeyStore;
  const clients: Client[] = [];
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys', ROLES: 'api' });
    clock = holdClock(service);
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
    clock.aheadMs = 0;
  });

  type PageOptions = { transports?: TransportName[]; fetch?: typeof fetch; connect?: Connect };
  /** Loads the page, or reloads it. */
  const page = (options: PageOptions = {}) => {
    const client = createClient({ url: network.url, store, ...options });
    clients.push(client);
    return client;
  };
  const countdownToken = () => backend.createStartToken('demo.countdown', { seconds: 60 });

  /** The page renews its watch token within a second. `renewed`: it has got the next one, which lasts an hour. */
  function withShortToken() {
    const renewed = new Gate();
    const short: typeof fetch = async (address, init) => {
      const response = await fetch(address, init);
      const { pathname } = new URL(address as string);
      if (init?.method !== 'POST') return response;
      if (pathname.endsWith('/watch-token')) {
        const body = await response.text();
        renewed.open();
        return new Response(body, response);
      }
      const { watchToken, ...operation } = (await response.json()) as { watchToken: string };
      const exp = Math.floor((clock.now().getTime() + LASTS) / SECONDS);
      return Response.json(
        { ...operation, watchToken: await changedToken(watchToken, { claims: { iat: exp - 1, exp } }) },
        response,
      );
    };
    return { renewed: renewed.opened, fetch: short };
  }

  /** Sockets whose messages are noted. */
  function withNotes() {
    const sent: { name: string; token: string | undefined }[] = [];
    const connect: Connect = async (...given) =>
      (await openSocket(...given)).onAnyOutgoing((name: string, { token }: { token?: string }) =>
        sent.push({ name, token }),
      );
    const named = (name: string) => sent.filter((message) => message.name === name).length;
    return { sent, connect, named };
  }

  const versionsOf = async (client: Client, id: string) => {
    const versions: number[] = [];
    for await (const { version } of client.watch(id)) versions.push(version);
    return versions;
  };
  const isFollowed = (client: Client, id: string) => eventually(async () => client.follow(id).getSnapshot().via);

  /** Every room of the service goes on beyond the end of a short token. */
  const roomsAreRenewed = () =>
    eventually(async () => {
      const { readers } = service.outcome.app.get(OperationFollowers, { strict: false });
      return readers.every(({ expiresAt }) => !expiresAt || expiresAt.getTime() > Date.now() + 2 * LASTS);
    });

  /** Lets this token end, and waits until the service has ended what followed by it. */
  async function endOf(token: string, id: string): Promise<void> {
    const other = createClient({ url: service.url, token, transports: ['sse'] });
    clients.push(other);
    const ending = other.outcome(id).catch((error: unknown) => error);
    await isFollowed(other, id);
    clock.aheadMs = LASTS;
    expect(await ending).toMatchObject({ code: 'credentials_expired' });
  }

  describe('follows by a watch token', () => {
    test.each(['socket', 'sse', 'wait', 'poll'] as const)(
      'each version once and in order by %s, over the end of the first token',
      async (transport) => {
        const { connect, named } = withNotes();
        const { renewed, fetch } = withShortToken();
        const client = page({ transports: [transport], fetch, connect });
        const { id } = await client.startWith(await countdownToken());
        const operation = await DrivenOperation.of(service, id);
        const watching = versionsOf(client, id);
        await isFollowed(client, id);
        await operation.progress();
        await renewed;
        const asked = () => network.count('GET') + named('join');
        const before = asked();
        clock.aheadMs = LASTS;
        await operation.progress();
        await eventually(async () => asked() > before);
        await operation.progress();
        await operation.succeed();
        expect(await watching).toEqual([1, 2, 3, 4, 5]);
        expect(network.count('/watch-token')).toBe(1);
        expect(named('join')).toBe(transport === 'socket' ? 2 : 0);
        expect(network.requests.filter(({ path }) => path.includes('eyJ'))).toEqual([]);
      },
    );

    test('in its room of a socket, with the next token once the service says that the first one ends soon', async () => {
      const { sent, connect, named } = withNotes();
      const { renewed, fetch } = withShortToken();
      const client = page({ transports: ['socket'], fetch, connect });
      const { id } = await client.startWith(await countdownToken());
      const operation = await DrivenOperation.of(service, id);
      const watching = versionsOf(client, id);
      await isFollowed(client, id);
      await renewed;
      clock.aheadMs = WARNED;
      await eventually(async () => named('renew') > 0);
      await roomsAreRenewed();
      await endOf(sent[0]?.token ?? '', id);
      await operation.progress();
      await operation.succeed();
      expect(await watching).toEqual([1, 2, 3]);
      expect(sent.map(({ name }) => name)).toEqual(['join', 'renew']);
      expect(sent[1]?.token).toMatch(/^eyJ/);
      expect(sent[1]?.token).not.toBe(sent[0]?.token);
    });

    test('after a reload, with the token that was kept and then the next one', async () => {
      const { id } = await page().startWith(await countdownToken(), { intent: 'reloaded' });
      const operation = await DrivenOperation.of(service, id);
      const reloaded = page();
      expect((await reloaded.resume('reloaded'))?.id).toBe(id);
      const watching = versionsOf(reloaded, id);
      await eventually(async () => network.count('/watch-token') > 0);
      await operation.progress();
      await operation.succeed();
      expect(await watching).toEqual([1, 2, 3]);
      expect(network.count('/watch-token')).toBe(1);
      expect(network.requests.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual([
        '/api/operations',
        `/api/operations/${id}/watch-token`,
      ]);
    });

    test('started again once that has ended while the machine slept, with the next token', async () => {
      const client = page({ fetch: withShortToken().fetch });
      const { id } = await client.startWith(await countdownToken(), { intent: 'slept' });
      const operation = await DrivenOperation.of(service, id);
      clock.aheadMs = LASTS;
      await expect(client.get(id)).rejects.toMatchObject({ code: 'credentials_expired' });
      const again = await client.startWith(countdownToken, { intent: 'slept' });
      expect([again.id, again.done]).toEqual([id, false]);
      const ending = client.outcome(id);
      await operation.progress();
      await operation.succeed();
      expect((await ending).status).toBe('success');
    });

    test.each(WAYS)('until there is none, and learns that at once and for good, %s', async (_, transports) => {
      const client = page({ ...(transports && { transports }), fetch: withShortToken().fetch });
      const { id } = await client.startWith(await countdownToken());
      await service.database.client.query(
        `UPDATE operation SET created_at = created_at - interval '25 hours' WHERE id = $1`,
        [id],
      );
      const ending = client.outcome(id).catch((error: unknown) => error);
      await isFollowed(client, id);
      await eventually(async () => network.count('/watch-token') > 0);
      clock.aheadMs = LASTS;
      expect(await ending).toMatchObject({ code: 'credentials_expired' });
      const asked = network.requests.length;
      // Longer than a poll takes, or a transport to be tried again.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(network.requests).toHaveLength(asked);
      expect(asked).toBeLessThan(20);
      await expect(client.get(id)).rejects.toMatchObject({ code: 'credentials_expired' });
    });
  });

  test('starts nothing else if a start token has ended after an attempt without an answer: that may have started', async () => {
    const token = () => backend.createStartToken('payment.charge', { ...CHARGE, orderId: 'unknown' });
    network.plan([{ type: 'answered', status: 503 }]);
    const late: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      clock.aheadMs = 16 * MINUTES;
      return response;
    };
    const error = await page({ fetch: late })
      .startWith(await token(), { intent: 'unknown' })
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'credentials_expired', repeated: true });
    await expect(page().startWith(await token(), { intent: 'unknown' })).rejects.toBeInstanceOf(OutcomeError);
    const { rowCount } = await service.database.client.query(
      `SELECT FROM operation WHERE input->>'orderId' = 'unknown'`,
    );
    expect(rowCount).toBe(0);
  });

  describe('which is one of the client’s own', () => {
    /** A client that follows by a socket; after `answers` answers, its token function has the next token. */
    async function withNextTokenAfter(answers: number) {
      const { key } = await createKey(service, BACKEND, { expiresInMs: LASTS });
      const { sent, connect, named } = withNotes();
      let asked = 0;
      const token = () => (asked++ < answers ? key : backendKey.key);
      const own = createClient({ url: network.url, token, transports: ['socket'], connect });
      clients.push(own);
      const { id } = await own.start('demo.countdown', { seconds: 60 }, { metadata: { answers: String(answers) } });
      const operation = await DrivenOperation.of(service, id);
      const watching = versionsOf(own, id);
      await isFollowed(own, id);
      clock.aheadMs = WARNED;
      await eventually(async () => named('renew') > 0);
      return { key, sent, named, operation, watching };
    }

    test('renews it in its room when the service says that it ends soon, and goes on', async () => {
      const { key, sent, operation, watching } = await withNextTokenAfter(2);
      await roomsAreRenewed();
      await endOf(key, operation.id);
      await operation.progress();
      await operation.succeed();
      expect(await watching).toEqual([1, 2, 3]);
      expect(sent.map(({ name }) => name)).toEqual(['join', 'renew']);
    });

    test('joins again if there is no next one in time, and misses nothing', async () => {
      const { sent, named, operation, watching } = await withNextTokenAfter(3);
      clock.aheadMs = LASTS;
      await operation.progress();
      await eventually(async () => named('join') === 2);
      await operation.succeed();
      expect(await watching).toEqual([1, 2, 3]);
      expect(sent.map(({ name }) => name).filter((name) => name !== 'leave')).toEqual(['join', 'renew', 'join']);
      expect(network.count('UPGRADE')).toBe(1);
    });
  });
});

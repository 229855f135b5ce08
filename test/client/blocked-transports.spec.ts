import { type Client, type Connect, createClient, openSocket, type TransportName } from '@outcome/client';
import { succeeded } from '../../src/operations/kinds/outcome.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { Gate } from '../support/gate.js';
import { eventually, Service } from '../support/service.js';
import { teach } from '../support/work.js';

describe('a client', () => {
  let service: Service;
  let network: FaultyNetwork;
  let client: Client;
  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    network = await FaultyNetwork.before(service.url);
    client = createClient({ url: network.url });
  });
  afterEach(async () => {
    client.close();
    await network.close();
  });

  /** The transports by which the client received an operation up to its ending. */
  async function followed(
    id: string,
    by: Client = client,
  ): Promise<{ transports: (TransportName | undefined)[]; versions: number[] }> {
    const transports: (TransportName | undefined)[] = [];
    const follow = by.follow(id);
    const stop = follow.subscribe(() => {
      const { via } = follow.getSnapshot();
      if (transports.at(-1) !== via) transports.push(via);
    });
    const versions: number[] = [];
    for await (const { version } of by.watch(id)) versions.push(version);
    stop();
    return { transports: transports.filter((transport) => transport !== undefined), versions };
  }

  const start = async (seconds = 2) => (await service.start('demo.countdown', { seconds })).body.id;

  /** Operations that end when the gate is opened. */
  function held(kind: string) {
    const gate = new Gate();
    teach(service, kind, {
      execute: async ({ progress }) => {
        await gate.pass();
        await progress({ percent: 100, message: null });
        return succeeded({});
      },
    });
    return { gate, startHeld: async () => (await service.start(kind, {})).body.id };
  }

  test('follows by a socket if nothing is blocked', async () => {
    // On a slow machine the first operation does not wait for it: socket-transport.spec.ts has how long.
    const opened = new Gate();
    const connect: Connect = async (...given) => (await openSocket(...given)).once('connect', opened.open);
    const own = createClient({ url: network.url, connect });
    const leave = own.follow(await start(60)).subscribe(() => undefined);
    await opened.opened;
    const id = await start(1);
    expect(await followed(id, own)).toEqual({ transports: ['socket'], versions: [1, 2, 3, 4] });
    expect(network.count('UPGRADE')).toBe(1);
    expect(network.count(id)).toBe(0);
    leave();
    own.close();
  });

  test.each(['refused', 'held'] as const)('follows by server-sent events if WebSockets are %s', async (sockets) => {
    network.blocked = { sockets };
    expect(await followed(await start())).toEqual({ transports: ['sse'], versions: [1, 2, 3, 4, 5] });
    expect(network.count('/events')).toBe(1);
  });

  test('polls if neither works, and still receives each version', async () => {
    network.blocked = { sockets: 'refused', streams: 'refused' };
    // The client cannot do anything about a stream refused with 403, but the next transport may work.
    expect(await followed(await start())).toMatchObject({ transports: ['poll'], versions: [1, 2, 3, 4, 5] });
  });

  test('polls if a stream is accepted and held back', async () => {
    network.blocked = { sockets: 'refused', streams: 'held' };
    expect(await followed(await start(1))).toMatchObject({ transports: ['poll'], versions: [1, 2, 3, 4] });
  });

  test('polls by the service’s Retry-After with its last ETag, and gets 304 while nothing is new', async () => {
    const statuses: number[] = [];
    const asking = createClient({
      url: network.url,
      transports: ['poll'],
      fetch: async (...request) => {
        const response = await fetch(...request);
        statuses.push(response.status);
        return response;
      },
    });
    const gate = new Gate();
    teach(service, 'test.polled', { execute: () => gate.pass().then(() => succeeded({})) });
    const { id } = (await service.start('test.polled', {})).body;
    await gate.reached;
    const began = performance.now();
    const ending = asking.outcome(id);
    await eventually(async () => statuses.filter((status) => status === 304).length >= 2);
    gate.open();
    expect((await ending).status).toBe('success');
    asking.close();
    // Polls are a second and up to a fifth apart.
    expect(statuses.length).toBeLessThanOrEqual(2 + (performance.now() - began) / 1000);
    expect(network.requests.at(-1)?.headers['if-none-match']).toMatch(/^"v\d+"$/);
  });

  test('receives changes by a long poll at once', async () => {
    const waiting = createClient({ url: network.url, transports: ['wait'] });
    const id = await start();
    const versions: number[] = [];
    for await (const { version } of waiting.watch(id, { afterVersion: 2 })) versions.push(version);
    waiting.close();
    expect(versions.at(-1)).toBeGreaterThan(3);
    // One request per version: no polls in between.
    expect(network.count('GET')).toBeLessThanOrEqual(6);
  });

  test('returns to its socket when it works again', async () => {
    network.blocked = { sockets: 'refused', streams: 'refused' };
    const { gate, startHeld } = held('test.returning');
    const id = await startHeld();
    const following = followed(id);
    const { getSnapshot } = client.follow(id);
    await eventually(async () => getSnapshot().via === 'poll');
    network.blocked = {};
    await eventually(async () => ['socket', 'sse'].includes(String(getSnapshot().via)));
    gate.open();
    const { transports, versions } = await following;
    expect(transports[0]).toBe('poll');
    expect(['socket', 'sse']).toContain(transports.at(-1));
    expect(versions).toEqual([1, 2, 3, 4]);
  });

  test('follows a hundred operations over one socket', async () => {
    const ids = await Promise.all(
      Array.from({ length: 100 }, async () => (await service.charge('pm_sandbox_charged_answer_lost')).id),
    );
    const endings = await Promise.all(ids.map((id) => client.outcome(id)));
    expect(new Set(endings.map(({ status }) => status))).toEqual(new Set(['success']));
    expect(network.count('UPGRADE')).toBe(1);
  });

  test('opens at most three streams, which leaves connections of a browser’s six for requests', async () => {
    network.blocked = { sockets: 'refused' };
    const { gate, startHeld } = held('test.streamed');
    const ids = await Promise.all(Array.from({ length: 8 }, startHeld));
    const endings = Promise.all(ids.map((id) => client.outcome(id)));
    // Before each poll, the others try for a stream. None ends meanwhile: it would be counted with its successor.
    const polls = (id: string) => network.requests.filter(({ path }) => path === `/api/operations/${id}`).length;
    await eventually(async () => ids.filter((id) => polls(id) >= 2).length >= 5);
    expect(network.mostStreams).toBe(3);
    gate.open();
    await endings;
  });

  test('holds at most three long polls, and polls other operations by the service’s Retry-After', async () => {
    let waiting = 0;
    let most = 0;
    const statuses: number[] = [];
    const own = createClient({
      url: network.url,
      transports: ['wait'],
      fetch: async (address, init) => {
        const isWait = new Headers(init?.headers).has('prefer');
        most = Math.max(most, (waiting += isWait ? 1 : 0));
        try {
          const response = await fetch(address, init);
          if (!isWait) statuses.push(response.status);
          return response;
        } finally {
          waiting -= isWait ? 1 : 0;
        }
      },
    });
    const { gate, startHeld } = held('test.waited');
    const ids = await Promise.all(Array.from({ length: 6 }, startHeld));
    const began = performance.now();
    const endings = Promise.all(ids.map((id) => own.outcome(id)));
    await eventually(async () => statuses.length >= 6 + 2 * 3);
    const seconds = (performance.now() - began) / 1000;
    expect(most).toBe(3);
    // The first request for each operation, and those of the other three, a second and up to a fifth apart.
    expect(statuses.length).toBeLessThanOrEqual(6 + 3 * Math.ceil(seconds));
    gate.open();
    await endings;
    own.close();
  });

  test.each(['/pay', '/deep/er/path/'])('finds a service under a path, %s, by each transport', async (path) => {
    network.prefix = path.replace(/\/$/, '');
    const each = ['socket', 'sse', 'wait', 'poll'] as const;
    const used = await Promise.all(
      each.map(async (transport) => {
        const own = createClient({ url: network.url + path, transports: [transport] });
        const { id } = await own.start('demo.countdown', { seconds: 1 }, { intent: `${path} by ${transport}` });
        const { transports } = await followed(id, own);
        own.close();
        return transports;
      }),
    );
    expect(used).toEqual(each.map((transport) => [transport]));
    expect(network.requests.filter(({ path }) => !path.startsWith(`${network.prefix}/`))).toEqual([]);
  });

  test('names the expected form of an invalid address', () => {
    for (const url of [undefined, 'pay.example', '/pay'])
      expect(() => createClient({ url })).toThrow(/^Expected an address, found ".*": outside a page, createClient/);
  });

  test('rejects for an unknown operation, by each transport', async () => {
    const none = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
    for (const transport of ['socket', 'sse', 'wait', 'poll'] as const) {
      const one = createClient({ url: network.url, transports: [transport] });
      await expect(one.outcome(none)).rejects.toMatchObject({ code: 'operation_not_found', status: 404 });
      one.close();
    }
  });

  test.each([
    ['a string', 't-1'],
    ['a function', async () => Promise.resolve('t-1')],
  ])('sends a token given as %s in a header and to the socket', async (_, token) => {
    const shown: unknown[] = [];
    const own = createClient({
      url: network.url,
      token,
      transports: ['socket'],
      connect: async (...given) =>
        (await openSocket(...given)).onAnyOutgoing((_: string, message: { token?: string }) =>
          shown.push(message.token),
        ),
    });
    const { id } = await own.start('demo.countdown', { seconds: 1 });
    await own.outcome(id);
    own.close();
    expect(network.requests.find(({ method }) => method === 'POST')?.headers.authorization).toBe('Bearer t-1');
    expect(shown).toEqual(['t-1']);
  });
});

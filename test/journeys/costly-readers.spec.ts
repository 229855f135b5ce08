import { on, once } from 'node:events';
import { connect, type Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { HttpTransportType, type HubConnection, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import { MOST_UNREAD } from '../../src/delivery/backpressure.js';
import { MOST_ROOMS } from '../../src/delivery/limits.js';
import { MOST_UNANSWERED } from '../../src/delivery/turns.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { SECONDS } from '../../src/time/durations.js';
import { GetHistory } from '../../src/operations/queries/get-history.query.js';
import { DrivenOperation, versionsFrom } from '../support/driven-operation.js';
import { type Problem, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { holdTime } from '../support/held-time.js';
import { followersOf, nobodyFollows } from '../support/watchers.js';

type Joined = Extract<Acknowledgement, { ok: true }>;

/** The completion of the call. */
const JOINED = /"type":3/;
const KIB = 1024;
const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
/** The largest metadata: 8 KB. */
const METADATA = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`note${at}`, 'x'.repeat(500)]));

const UNKNOWN_ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

const sizeOf = (answer: unknown) => Buffer.byteLength(JSON.stringify(answer));

describe('a costly reader', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());
  const hubs: HubConnection[] = [];
  afterEach(async () => {
    jest.restoreAllMocks();
    service.closeSockets();
    await Promise.all(hubs.splice(0).map((hub) => hub.stop()));
    await nobodyFollows(service);
  });

  const longLife = async (versions: number) => {
    const { body } = await service.start('payment.charge', CHARGE, { metadata: METADATA });
    const operation = await DrivenOperation.of(service, body.id);
    while (operation.version < versions) await operation.progress();
    return operation;
  };

  test('cannot store more than 8 KB of metadata with an operation', async () => {
    const tooMuch = { ...METADATA, more: 'x'.repeat(500), yet: 'é'.repeat(300) };
    const { status, body } = await service.start('payment.charge', CHARGE, { metadata: tooMuch });

    expect([status, (body as unknown as Problem).errors]).toEqual([
      422,
      [{ path: 'metadata', message: expect.stringMatching(/^expected at most 8192 bytes of JSON in all, found \d+$/) }],
    ]);
  });

  test('receives a long history in pages, by HTTP and by socket, and misses nothing', async () => {
    const operation = await longLife(230);
    const sizes: number[] = [];
    const versions: number[] = [];
    for (let after: number | null = 0; after !== null;) {
      const path: string = `/api/operations/${operation.id}/events?after=${after}`;
      const { body } = await service.get<{
        metadata: object;
        items: { version: number; operation: object }[];
        next: number | null;
      }>(path);
      sizes.push(sizeOf(body));
      versions.push(...body.items.map(({ version }) => version));
      expect([body.metadata, body.items.some(({ operation }) => 'metadata' in operation)]).toEqual([METADATA, false]);
      after = body.next;
    }
    const socket = service.socket();
    const joined: Joined = await socket.emitWithAck('join', { operationId: operation.id });

    expect(versions).toEqual(versionsFrom(1, 230));
    expect([joined.events?.length, joined.operation?.metadata]).toEqual([100, METADATA]);
    for (const size of [...sizes, sizeOf(joined)]) expect(size).toBeLessThan(300 * KIB);
    expect(
      (await service.get<{ items: object[] }>(`/api/operations/${operation.id}/events?limit=3`)).body.items,
    ).toHaveLength(3);
    expect((await service.get(`/api/operations/${operation.id}/events?limit=101`)).status).toBe(400);
  });

  test('receives a list of large operations in pages of bounded size', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 60 },
        async () => (await service.start('payment.charge', CHARGE, { metadata: METADATA })).body.id,
      ),
    );
    const listed: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const path: string = `/api/operations?limit=100${cursor && `&cursor=${cursor}`}`;
      const { body } = await service.get<{ items: OperationView[]; nextCursor: string | null }>(path);
      expect(sizeOf(body)).toBeLessThan(300 * KIB);
      listed.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    }

    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(ids));
  });

  test('gets its joins answered one after the other', async () => {
    const joined = await Promise.all([1, 2, 3].map(() => DrivenOperation.start(service)));
    const socket = service.socket();
    const queries = service.outcome.app.get(QueryBus, { strict: false });
    const execute = queries.execute.bind(queries);
    const gates = joined.map(() => new Gate());
    let begun = 0;
    jest.spyOn(queries, 'execute').mockImplementation(async (query) => {
      // Later reads are the catch-up's, by another query.
      if (query instanceof GetHistory) await gates[begun++]?.pass();
      return execute(query);
    });
    const answers = joined.map(({ id }) => socket.emitWithAck('join', { operationId: id }));
    await gates[0]?.reached;
    // Refused at once, so earlier messages have arrived, too.
    await socket.emitWithAck('neither');
    expect(begun).toBe(1);
    for (const [at, gate] of gates.entries()) {
      await gate.reached;
      expect(begun).toBe(at + 1);
      gate.open();
      expect(await answers[at]).toMatchObject({ ok: true, operation: { id: joined[at]?.id } });
    }
  });

  /** Reads of histories wait at the gate. */
  const holdHistories = () => {
    const queries = service.outcome.app.get(QueryBus, { strict: false });
    const execute = queries.execute.bind(queries);
    const gate = new Gate();
    jest.spyOn(queries, 'execute').mockImplementation(async (query) => {
      if (query instanceof GetHistory) await gate.pass();
      return execute(query);
    });
    return gate;
  };

  const codeOf = (answer: Acknowledgement) => (answer.ok ? 'ok' : answer.problem.code);

  /** Of a call to the hub: `code: sentence`. */
  const codeIn = (error: Error) => /^(\w+): /.exec(error.message)?.[1] ?? error.message;

  type Call = (method: 'join' | 'leave' | 'neither', operationId: string) => Promise<string>;

  const IN_HUB = { join: 'Join', leave: 'Leave', neither: 'Neither' };

  const overSocket = async (): Promise<Call> => {
    const socket = service.socket();
    return async (method, operationId) => codeOf(await socket.emitWithAck(method, { operationId }));
  };

  const overHub = async (): Promise<Call> => {
    const hub = await openHub();
    return (method, operationId) => hub.invoke(IN_HUB[method], operationId).then(() => 'ok', codeIn);
  };

  test.each([
    ['a socket', overSocket],
    ['the hub', overHub],
  ])('has a bounded number of messages unanswered over %s, and may go on when they are answered', async (_, open) => {
    const time = holdTime();
    const { id } = await DrivenOperation.start(service);
    const gate = holdHistories();
    const call = await open();
    const answers = [call('join', id)];
    await gate.reached;
    while (answers.length < MOST_UNANSWERED) answers.push(call('leave', UNKNOWN_ID));
    // Refused at once, so earlier messages have arrived, too.
    await call('neither', id);
    // By now it may send as many messages again.
    time.ms += 10 * SECONDS;
    expect(await Promise.all([call('leave', UNKNOWN_ID), call('join', id)])).toEqual([
      'too_many_messages',
      'too_many_messages',
    ]);
    gate.open();

    expect(new Set(await Promise.all(answers))).toEqual(new Set(['ok']));
    expect(await call('leave', id)).toBe('ok');
  });

  test('is refused a stream of the hub while too much is unanswered, and has its place for a later one', async () => {
    const time = holdTime();
    const { id } = await DrivenOperation.ended(service);
    const gate = holdHistories();
    const hub = await openHub();
    const follow = () =>
      new Promise<string>((resolve) =>
        hub.stream('Follow', id).subscribe({
          next: () => undefined,
          complete: () => resolve('ok'),
          error: (error: Error) => resolve(codeIn(error)),
        }),
      );
    const answers = [hub.invoke('Join', id)];
    await gate.reached;
    while (answers.length < MOST_UNANSWERED) answers.push(hub.invoke('Leave', UNKNOWN_ID));
    await hub.invoke('Neither').catch(() => undefined);
    time.ms += 10 * SECONDS;
    const refused = await Promise.all(Array.from({ length: MOST_ROOMS }, follow));
    gate.open();
    await Promise.all(answers);

    expect(new Set(refused)).toEqual(new Set(['too_many_messages']));
    expect(await follow()).toBe('ok');
  });

  test('has no more messages let through if it leaves the namespace and enters it again', async () => {
    holdTime();
    const { client, answer } = await rawSocket();
    const send = (id: number) => client.send(`42/operations,${id}["leave",{"operationId":"${UNKNOWN_ID}"}]`);
    for (let id = 1; id <= 300; id += 1) send(id);
    expect(await answer(/^43\/operations,300\[/)).toContain('{"ok":true}');
    client.send('41/operations,');
    // Answered after it has left.
    client.send('40');
    await answer(/^40{/);
    client.send('40/operations,');
    await answer(/^40\/operations,/);
    send(301);

    expect(await answer(/^43\/operations,301\[/)).toContain('too_many_messages');
  });

  test('is disconnected if it enters namespaces again and again', async () => {
    holdTime();
    const { client, closed } = await rawSocket();
    for (let entered = 0; entered < 30; entered += 1) client.send('40/nowhere,');

    await closed;
  });

  test('is disconnected if it enters the namespace twice at once', async () => {
    const { client, connection, closed } = await rawSocket(false);
    connection.cork();
    for (let entered = 0; entered < 2; entered += 1) client.send('40/operations,');
    connection.uncork();

    await closed;
  });

  test.each(['/socket.io/?EIO=4&transport=websocket', '/hubs/operations'])(
    'is disconnected if it pings and takes no answers (%s)',
    async (path) => {
      const accepted = nextConnection();
      const client = new WebSocket(service.url.replace('http', 'ws') + path);
      const closed = once(client, 'close');
      await once(client, 'open');
      (await accepted).cork();
      for (let pings = 0; pings < 100; pings += 1) client.ping();

      await closed;
    },
  );

  test('is cut off if it leaves 1 MB of refusals unread', async () => {
    // However fast they come, they are not too frequent.
    let ms = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => (ms += 1 * SECONDS));
    const { id } = await DrivenOperation.start(service);
    const accepted = nextConnection();
    const socket = service.socket({ reconnection: false });
    await socket.emitWithAck('join', { operationId: id });
    const connection = await accepted;
    connection.cork();
    // An answer has more than 200 bytes.
    for (let sent = 0; sent < MOST_UNREAD / 200; sent += 1) socket.emit('nothing', () => undefined);
    await nobodyFollows(service);
    connection.destroy();
  });

  test('gets too frequent messages refused, and keeps what it follows', async () => {
    holdTime();
    const operation = await DrivenOperation.start(service);
    const socket = service.socket();
    await socket.emitWithAck('join', { operationId: operation.id });
    const leave = () => socket.emitWithAck('leave', { operationId: UNKNOWN_ID }) as Promise<Acknowledgement>;
    // In turn, since too many unanswered ones would be refused, too.
    const answers: Acknowledgement[] = [];
    for (const _ of ['first', 'second']) answers.push(...(await Promise.all(Array.from({ length: 200 }, leave))));
    const codes = new Set(answers.map((answer) => (answer.ok ? 'ok' : answer.problem.code)));
    const notified = new Promise((resolve) => socket.once('operation', resolve));
    await operation.progress();

    expect([...codes].sort()).toEqual(['ok', 'too_many_messages']);
    expect(await notified).toMatchObject({ version: 2 });
  });

  test.each([
    ['a stream', deafStream],
    ['a socket', deafSocket],
    ['a hub’s WebSocket', deafHub],
    ['a hub’s stream', deafHubStream],
    ['a hub’s polls', deafPolls],
  ])(
    'is cut off if it leaves 1 MB of %s unread, and delays no other',
    async (_, deafReader: (id: string) => Promise<{ destroy(): void }>) => {
      const operation = await longLife(1);
      const other = service.socket();
      await other.emitWithAck('join', { operationId: operation.id });
      const received: number[] = [];
      other.on('operation', ({ version }: { version: number }) => received.push(version));
      const reader = await deafReader(operation.id);
      let sent = 0;
      while (followersOf(service) === 2 && sent < 2 * MOST_UNREAD) {
        const notified = new Promise((resolve) => other.once('operation', resolve));
        await operation.progress();
        sent += sizeOf(await notified);
      }
      const followers = followersOf(service);
      reader.destroy();

      expect(followers).toBe(1);
      expect(sent).toBeGreaterThan(0.9 * MOST_UNREAD);
      expect(received).toEqual(versionsFrom(2, operation.version));
    },
  );

  /**
   * The server side of the next connection, corked, so that it writes nothing once its client stops reading: kernel
   * buffers differ by megabytes.
   */
  function nextConnection(): Promise<NetSocket> {
    return new Promise((resolve) => service.outcome.app.getHttpServer().once('connection', resolve));
  }

  async function deafStream(id: string): Promise<NetSocket> {
    const accepted = nextConnection();
    const client = connect(Number(new URL(service.url).port), '127.0.0.1');
    client.write(`GET /api/operations/${id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
    await received(client, /^data: .*\n\n/m);
    (await accepted).cork();
    return client;
  }

  async function openHub(): Promise<HubConnection> {
    const hub = new HubConnectionBuilder()
      .withUrl(`${service.url}/hubs/operations`, { transport: HttpTransportType.WebSockets, skipNegotiation: true })
      .configureLogging(LogLevel.None)
      .build();
    await hub.start();
    hubs.push(hub);
    return hub;
  }

  /** Speaks the protocol of Socket.IO by hand. */
  async function rawSocket(enters = true) {
    const client = new WebSocket(`${service.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const closed = once(client, 'close');
    const answer = async (expected: RegExp) => {
      for await (const [data] of on(client, 'message', { close: ['close'] }) as AsyncIterable<[Buffer]>)
        if (expected.test(data.toString())) return data.toString();
      throw new Error('The connection has ended.');
    };
    const opened = answer(/^0/);
    const [{ socket: connection }] = (await once(client, 'upgrade')) as [{ socket: NetSocket }];
    await opened;
    if (enters) {
      client.send('40/operations,');
      await answer(/^40\/operations,/);
    }
    return { client, connection, closed, answer };
  }

  async function deafHub(id: string): Promise<NetSocket> {
    const accepted = nextConnection();
    const hub = await openHub();
    await hub.invoke('Join', id);
    const connection = await accepted;
    connection.cork();
    return connection;
  }

  async function deafHubStream(id: string): Promise<NetSocket> {
    const token = await negotiate();
    const accepted = nextConnection();
    const client = connect(Number(new URL(service.url).port), '127.0.0.1');
    client.write(`GET /hubs/operations?id=${token} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
    await once(client, 'data');
    await Promise.all([received(client, JOINED), joinBy(token, id)]);
    (await accepted).cork();
    return client;
  }

  async function deafPolls(id: string): Promise<{ destroy(): void }> {
    const token = await negotiate();
    await service.get(`/hubs/operations?id=${token}`);
    await joinBy(token, id);
    const answers = [];
    while (!JOINED.test(answers.join('')))
      answers.push(await (await fetch(`${service.url}/hubs/operations?id=${token}`)).text());
    return { destroy: () => undefined };
  }

  async function negotiate(): Promise<string> {
    const path = '/hubs/operations/negotiate?negotiateVersion=1';
    return (await service.request<{ connectionToken: string }>('POST', path)).body.connectionToken;
  }

  async function joinBy(token: string, id: string): Promise<void> {
    const join = `{"type":1,"invocationId":"1","target":"Join","arguments":["${id}"]}\x1e`;
    const body = `{"protocol":"json","version":1}\x1e${join}`;
    await service.request('POST', `/hubs/operations?id=${token}`, { body });
  }

  /** Until then, it would read a history, for which the service waits. */
  async function received(client: NetSocket, expected: RegExp): Promise<void> {
    let text = '';
    for await (const [chunk] of on(client, 'data') as AsyncIterable<[Buffer]>) {
      text += chunk.toString();
      if (expected.test(text)) return;
    }
  }

  async function deafSocket(id: string): Promise<NetSocket> {
    const accepted = nextConnection();
    const socket = service.socket({ reconnection: false });
    await socket.emitWithAck('join', { operationId: id });
    (await accepted).cork();
    const { ws } = socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } };
    return ws._socket;
  }
});

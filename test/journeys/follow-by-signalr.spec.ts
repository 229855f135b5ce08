import type { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { HttpTransportType, type HubConnection, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import type { z } from 'zod';
import { HubConnections } from '../../src/delivery/signalr/hub-connections.js';
import type { joined } from '../../src/delivery/signalr/hub-message.contract.js';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import { hubAt } from '../contracts/transports/signalr.js';
import { DrivenOperation, versionsFrom } from '../support/driven-operation.js';
import { EventRecorder } from '../support/event-recorder.js';
import { holdTime } from '../support/held-time.js';
import { eventually, Service, withMetadata } from '../support/service.js';
import { followersOf, nobodyFollows } from '../support/watchers.js';

const { WebSockets, ServerSentEvents, LongPolling } = HttpTransportType;
const TRANSPORTS = [
  ['WebSocket', WebSockets],
  ['server-sent events', ServerSentEvents],
  ['long polling', LongPolling],
] as const;
const UNKNOWN_ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
/** The polls that wait for news; a new one is on its way for a moment after each answer. */
function waitingPolls({ outcome: { app } }: Service): number {
  const { posted } = app.get<unknown, { posted: ReadonlyMap<string, { transport: { poll?: object } }> }>(
    HubConnections,
    { strict: false },
  );
  return [...posted.values()].filter(({ transport }) => transport.poll).length;
}

const HANDSHAKE = '{"protocol":"json","version":1}\x1e';

describe('following by SignalR', () => {
  let service: Service;
  let hubs: HubConnection[] = [];
  const connections = new Set<Socket>();
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    service.outcome.app.getHttpServer().on('connection', (socket: Socket) => {
      connections.add(socket);
      socket.on('close', () => connections.delete(socket));
    });
  });
  afterAll(() => service.stop());
  afterEach(async () => {
    await Promise.all(hubs.map((hub) => hub.stop()));
    hubs = [];
    await nobodyFollows(service);
  });

  const started = async (hub: HubConnection) => {
    hubs.push(hub);
    await hub.start();
    return hub;
  };
  const hubOver = (transport: HttpTransportType = WebSockets) => started(hubAt(service.url, transport));
  const recorderOf = (hub: HubConnection) => {
    const recorder = new EventRecorder();
    hub.on('operation', (event: OperationEventView) => recorder.record(event));
    return recorder;
  };
  const refusal = (invocation: Promise<unknown>): Promise<string> =>
    invocation.then(
      () => 'none',
      (error: unknown) => (error as Error).message,
    );
  const follow = (hub: HubConnection, operationId: string, afterVersion?: number) => {
    const recorder = new EventRecorder();
    const subscription = hub
      .stream<OperationEventView>('Follow', operationId, ...(afterVersion === undefined ? [] : [afterVersion]))
      .subscribe({
        next: (event) => recorder.record(event),
        complete: () => recorder.finish(),
        error: (error: Error) => recorder.fail(error),
      });
    return { recorder, subscription };
  };

  test('Join answers with the operation and its past; later events follow, until Leave', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const hub = await hubOver();
    const recorder = recorderOf(hub);
    const answer = await hub.invoke('Join', operation.id);
    const { body } = await service.get<{ items: unknown[] }>(`/api/operations/${operation.id}/events`);
    expect(answer).toEqual({
      operation: (await service.get(`/api/operations/${operation.id}`)).body,
      events: body.items,
    });

    await operation.progress();
    await recorder.reached(3);
    expect(await hub.invoke('Leave', operation.id)).toBeUndefined();
    await operation.progress();
    await hub.invoke('Leave', operation.id);
    expect(recorder.recorded).toEqual((await service.history(operation.id)).slice(2, 3));
  });

  test('a client that expects no answer receives missed events like live ones', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const hub = await hubOver();
    const recorder = recorderOf(hub);
    await hub.send('Join', operation.id, 0);
    await recorder.reached(2);
    await operation.succeed();
    await recorder.reached(3);

    expect(recorder.versions).toEqual([1, 2, 3]);
  });

  test('a stream has all events with their metadata, and completes with the operation', async () => {
    const { body } = await service.start(
      'payment.charge',
      { amount: 1, currency: 'EUR', paymentMethod: 'pm_card_visa' },
      {
        metadata: { order: '1001' },
      },
    );
    const operation = await DrivenOperation.of(service, body.id);
    const hub = await hubOver();
    const { recorder } = follow(hub, operation.id);
    await operation.progress();
    await operation.succeed();
    await recorder.over;

    expect(recorder.recorded).toEqual(await service.history(operation.id));
    expect(recorder.recorded[0]?.operation.metadata).toEqual({ order: '1001' });
  });

  test('a stream that is canceled, even before its turn, ends its follower and no other', async () => {
    const [dropped, kept] = await Promise.all([DrivenOperation.start(service), DrivenOperation.start(service)]);
    const hub = await hubOver();
    const one = follow(hub, dropped.id);
    const other = follow(hub, kept.id);
    await Promise.all([one.recorder.reached(1), other.recorder.reached(1)]);
    one.subscription.dispose();
    follow(hub, dropped.id).subscription.dispose();
    await eventually(async () => followersOf(service) === 1);
    await kept.progress();
    await kept.succeed();
    await other.recorder.over;

    expect(other.recorder.versions).toEqual([1, 2, 3]);
  });

  test('a client that reconnects by itself and joins with its last version misses nothing', async () => {
    const operation = await DrivenOperation.start(service);
    const hub = new HubConnectionBuilder()
      .withUrl(`${service.url}/hubs/operations`)
      .withAutomaticReconnect([0, 0, 1000])
      .configureLogging(LogLevel.None)
      .build();
    const recorder = recorderOf(hub);
    const join = async () => {
      const { operation: now, events }: z.output<typeof joined> = await hub.invoke('Join', operation.id, recorder.last);
      recorder.record(...withMetadata(now.metadata, events));
    };
    hub.onreconnected(() => void join());
    await started(hub);
    await join();
    for (let cut = 1; cut <= 3; cut += 1) {
      await operation.progress();
      await recorder.reached(operation.version);
      for (const connection of connections) connection.resetAndDestroy();
      await operation.progress();
      await recorder.reached(operation.version);
    }
    await operation.succeed();
    await recorder.reached(operation.version);

    expect(recorder.recorded).toEqual(await service.history(operation.id));
  });

  test.each<[string, string, unknown[], RegExp]>([
    [
      'Join of an unknown operation',
      'Join',
      [UNKNOWN_ID],
      /^operation_not_found: .*01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70/,
    ],
    ['Join of nothing', 'Join', [], /^invalid_message: .* operationId: /],
    [
      'Join of what is no UUID',
      'Join',
      ['x', 'y'],
      /^invalid_message: .* operationId: expected the UUID of an operation afterVersion: /,
    ],
    ['Join after a negative version', 'Join', [UNKNOWN_ID, -1], /^invalid_message: .* afterVersion: /],
    ['Join with more', 'Join', [UNKNOWN_ID, 0, 'token', 1], /^invalid_message: .* argument 4: not known here/],
    ['Leave with more', 'Leave', [UNKNOWN_ID, 0], /^invalid_message: .* afterVersion: not known here/],
    [
      'Follow that is no stream',
      'Follow',
      [UNKNOWN_ID],
      /^invalid_message: Expected the method "Join", "Renew" or "Leave", or the stream "Follow", found "Follow"\.$/,
    ],
    ['an unknown method', 'join', [UNKNOWN_ID], /^invalid_message: .* found "join"\.$/],
  ])('%s is refused, with the reason', async (_, method, given, reason) => {
    const hub = await hubOver();
    expect(await refusal(hub.invoke(method, ...given))).toMatch(reason);
    // The connection goes on.
    await hub.invoke('Leave', UNKNOWN_ID);
  });

  test.each([
    ['an unknown operation', 'Follow', UNKNOWN_ID, /^operation_not_found: /],
    ['a method that is no stream', 'Join', UNKNOWN_ID, /^invalid_message: .* found "Join"\.$/],
    ['what is no UUID', 'Follow', 'x', /^invalid_message: .* operationId: /],
  ])('a stream of %s fails, with the reason', async (_, method, id, reason) => {
    const hub = await hubOver();
    const failed = new Promise((resolve) =>
      hub.stream(method, id).subscribe({ next: resolve, complete: () => resolve('complete'), error: resolve }),
    );

    expect((await failed) as Error).toMatchObject({ message: expect.stringMatching(reason) });
  });

  test('a connection follows 100 operations, by Join and by Follow', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, async () => (await service.charge()).id));
    const [first = '', second = '', ...others] = ids;
    const hub = await hubOver();
    await Promise.all(others.map((id) => hub.invoke('Join', id)));
    const streams = [follow(hub, first), follow(hub, second)];
    await Promise.all(streams.map(({ recorder }) => recorder.reached(1)));
    expect(await refusal(hub.invoke('Join', first))).toMatch(/^too_many_rooms: /);
    await expect(follow(hub, first).recorder.over).rejects.toThrow(/^too_many_rooms: /);

    await service.post(`/api/operations/${first}/cancel`, {});
    await streams[0]?.recorder.over;
    await hub.invoke('Join', first);
    streams[1]?.subscription.dispose();
  });

  test('too frequent invocations are refused, and what is followed goes on', async () => {
    const operation = await DrivenOperation.start(service);
    const hub = await hubOver();
    const recorder = recorderOf(hub);
    await hub.invoke('Join', operation.id);
    holdTime();
    const leave = () => refusal(hub.invoke('Leave', UNKNOWN_ID));
    // In turn, since too many unanswered ones would be refused, too.
    const answers: string[] = [];
    for (const _ of ['first', 'second']) answers.push(...(await Promise.all(Array.from({ length: 200 }, leave))));
    jest.restoreAllMocks();
    await operation.progress();
    await recorder.reached(2);

    expect([...new Set(answers.map((answer) => answer.split(':')[0]))].sort()).toEqual(['none', 'too_many_messages']);
  });

  test.each(TRANSPORTS)('a frame or body over 64 KiB ends the connection of its sender (%s)', async (_, transport) => {
    const hub = await hubOver(transport);
    const over = new Promise((resolve) => hub.onclose(resolve));
    const sent = hub.send('Join', 'x'.repeat(65 * 1024)).catch((error: unknown) => error);

    if (transport === WebSockets) expect(String(await over)).toMatch(/1009/);
    else expect(await sent).toMatchObject({ statusCode: 413 });
  });

  test.each(TRANSPORTS)('a client over %s is told why the service stops, and may reconnect', async (_, transport) => {
    const stopping = await Service.start({ ROLES: 'api', SHUTDOWN_MS: '60000' });
    const { id } = await stopping.charge();
    const [member, follower] = [hubAt(stopping.url, transport), hubAt(stopping.url, transport)];
    await Promise.all([started(member), started(follower)]);
    const over = new Promise((resolve) => member.onclose(resolve));
    await member.invoke('Join', id);
    const { recorder } = follow(follower, id);
    await recorder.reached(1);
    if (transport === LongPolling) await eventually(async () => waitingPolls(stopping) === 2);
    const stoppedAt = performance.now();
    await stopping.stop();

    expect(String(await over)).toMatch(/shutting_down: The service shuts down/);
    await expect(recorder.over).rejects.toThrow(/shutting_down/);
    // It asks for nothing from its clients: they have a second for their goodbye.
    expect(performance.now() - stoppedAt).toBeLessThan(50_000);
  });

  describe('by hand', () => {
    const at = (token: string) => `/hubs/operations?id=${token}`;
    const negotiate = async (query = '?negotiateVersion=1') => {
      const { status, body, headers } = await service.request<Record<string, unknown>>(
        'POST',
        `/hubs/operations/negotiate${query}`,
      );
      return { status, body, headers, token: String(body.connectionToken) };
    };
    const ask = async (method: string, token: string, body?: string) => {
      const { status, body: answer } = await service.request<string>(method, at(token), { body });
      return [status, answer];
    };

    test('a negotiation offers three transports', async () => {
      const { status, body, headers } = await negotiate();

      expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(body).toEqual({
        negotiateVersion: 1,
        connectionId: expect.stringMatching(/^[\w-]{22}$/),
        connectionToken: expect.stringMatching(/^[\w-]{22}$/),
        availableTransports: ['WebSockets', 'ServerSentEvents', 'LongPolling'].map((transport) => ({
          transport,
          transferFormats: ['Text'],
        })),
      });
      expect(body.connectionId).not.toBe(body.connectionToken);
    });

    test('one in version 0, which has no token, is refused as the protocol says', async () => {
      const { status, body } = await negotiate('');

      expect([status, body]).toEqual([
        200,
        { error: expect.stringMatching(/^Expected negotiateVersion=1, found 0\./) },
      ]);
    });

    test('polls: the first is answered at once, a newer one ends an older one, and DELETE ends all', async () => {
      const { token } = await negotiate();
      expect(await ask('GET', token)).toEqual([200, '']);
      expect(await ask('POST', token, HANDSHAKE)).toEqual([200, '']);
      expect(await ask('GET', token)).toEqual([200, '{}\x1e']);
      const older = ask('GET', token);
      await eventually(async () => waitingPolls(service) === 1);
      const newer = ask('GET', token);
      expect(await Promise.race([older, newer])).toEqual([204, '']);
      expect(await ask('DELETE', token)).toEqual([202, '']);
      expect(await Promise.all([older, newer])).toEqual([
        [204, ''],
        [204, ''],
      ]);

      expect(await ask('GET', token)).toEqual([204, '']);
      for (const [method, body] of [['POST', HANDSHAKE], ['DELETE']] as const)
        expect(await ask(method, token, body)).toEqual([
          404,
          expect.objectContaining({ code: 'connection_not_found' }),
        ]);
    });

    test('a poll answers with an invocation’s completion last', async () => {
      const { token } = await negotiate();
      await ask('GET', token);
      const leave = (invocationId: string) =>
        `{"type":1,"invocationId":"${invocationId}","target":"Leave","arguments":["${UNKNOWN_ID}"]}\x1e`;
      await ask('POST', token, HANDSHAKE + leave('1') + leave('2'));
      await eventually(async () => (await ask('POST', token, '{"type":6}\x1e'))[0] === 200);

      expect(await ask('GET', token)).toEqual([200, '{}\x1e{"type":3,"invocationId":"1"}\x1e']);
      expect(await ask('GET', token)).toEqual([200, '{"type":3,"invocationId":"2"}\x1e']);
      await ask('DELETE', token);
    });

    test.each([
      ['GET', 'connection_not_found', 404],
      ['POST', 'connection_not_found', 404],
      ['DELETE', 'connection_not_found', 404],
    ])('%s with a token that is unknown is refused', async (method, code, status) => {
      expect(await ask(method, 'x'.repeat(22))).toEqual([status, expect.objectContaining({ code, status })]);
      expect(await ask(method, 'x')).toEqual([400, expect.objectContaining({ code: 'invalid_parameter' })]);
      expect((await service.request(method, '/hubs/operations')).status).toBe(400);
    });

    test('a token serves one connection', async () => {
      const { token } = await negotiate();
      await ask('GET', token);
      const stream = await service.get(at(token), { Accept: 'text/event-stream' });

      expect([stream.status, stream.body]).toEqual([409, expect.objectContaining({ code: 'connection_in_use' })]);
      await ask('DELETE', token);
    });

    test('a WebSocket may have been negotiated at another process, or not at all', async () => {
      const hub = new HubConnectionBuilder()
        .withUrl(`${service.url}/hubs/operations?id=${'x'.repeat(22)}`, {
          transport: WebSockets,
          skipNegotiation: true,
        })
        .configureLogging(LogLevel.None)
        .build();
      await started(hub);

      expect(await hub.invoke('Leave', UNKNOWN_ID)).toBeUndefined();
    });

    test('HEAD opens nothing', async () => {
      const { token } = await negotiate();
      expect((await service.request('HEAD', at(token))).status).toBe(200);
      expect(await ask('GET', token)).toEqual([200, '']);
      await ask('DELETE', token);
    });
  });

  test.each(TRANSPORTS)('a long history arrives in order over %s', async (_, transport) => {
    const operation = await DrivenOperation.start(service);
    while (operation.version < 150) await operation.progress();
    const { recorder } = follow(await hubOver(transport), operation.id, 10);
    await recorder.reached(150);
    await operation.succeed();
    await recorder.over;

    expect(recorder.versions).toEqual(versionsFrom(11, 151));
  });
});

import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import type { Listening, Transport } from '../contracts/transport.js';
import { eventStream } from '../contracts/transports/event-stream.js';
import { socket } from '../contracts/transports/socket.js';
import { waitingGet } from '../contracts/transports/waiting-get.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { versionsFrom } from '../support/driven-operation.js';
import { EventRecorder } from '../support/event-recorder.js';
import { Service, withMetadata } from '../support/service.js';

const TRANSPORTS: Record<string, Transport> = {
  'Socket.IO over WebSocket': socket({ transports: ['websocket'] }),
  'Socket.IO over long-polling': socket({ transports: ['polling'] }),
  'server-sent events': eventStream,
  'a waiting GET': waitingGet,
};

describe('a client that sends its last version', () => {
  let database: TestDatabase;
  const services: Service[] = [];
  const start = async (env: Record<string, string> = {}) => {
    const service = await Service.start(env, database);
    services.push(service);
    return service;
  };
  beforeAll(async () => (database = await createDatabase()));
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
  });
  afterAll(() => database.drop());

  const countdown = async (service: Service, seconds: number) =>
    (await service.start('demo.countdown', { seconds })).body;
  const listen = async (follow: (transport: Transport) => Promise<Listening>) => {
    const listening = await Promise.all(
      Object.entries(TRANSPORTS).map(async ([name, transport]) => [name, await follow(transport)] as const),
    );
    return new Map(listening);
  };
  const historyOf = async (service: Service, id: string) => (await service.history(id)).map(({ version }) => version);

  test('misses nothing of a countdown although its connection is cut', async () => {
    const service = await start();
    const { id } = await countdown(service, 2);
    const stays = new EventRecorder();
    service
      .socket()
      .on('operation', (event: OperationEventView) => stays.record(event))
      .emit('join', { operationId: id });

    const client = service.socket({ reconnectionDelay: 1 });
    const recorder = new EventRecorder();
    client.on('operation', (event: OperationEventView) => recorder.record(event));
    // Every client joins whenever it connects, the first time and again.
    client.on('connect', () => {
      const join = () =>
        client.emit('join', { operationId: id, afterVersion: recorder.last }, (answer: Acknowledgement) => {
          if (answer.ok) recorder.record(...withMetadata({}, answer.events ?? []));
        });
      if (recorder.last === 0) join();
      else void stays.reached(recorder.last + 1).then(join);
    });
    await recorder.reached(2);
    client.io.engine.close();
    await stays.reached(5);
    await recorder.reached(5);

    expect(recorder.recorded.map(({ version, type }) => [version, type])).toEqual([
      [1, 'operation.started'],
      [2, 'operation.processing'],
      [3, 'operation.progressed'],
      [4, 'operation.progressed'],
      [5, 'operation.succeeded'],
    ]);
  });

  test('continues after a restart of the service', async () => {
    const before = await start();
    const { id } = await countdown(before, 1);
    const first = await listen(({ listen }) => listen(before.url, id, 0));
    await Promise.all([...first.values()].map(({ recorder }) => recorder.reached(2)));
    await before.outcome.stop();

    const after = await start();
    const then = await listen((transport) => {
      const [name = ''] = Object.entries(TRANSPORTS).find(([, other]) => other === transport) ?? [];
      return transport.listen(after.url, id, first.get(name)?.recorder.last ?? 0);
    });
    await Promise.all([...then.values()].map(({ recorder }) => recorder.over));

    const history = await historyOf(after, id);
    expect(history).toEqual(versionsFrom(1, history.length));
    for (const name of Object.keys(TRANSPORTS))
      expect([
        name,
        ...(first.get(name)?.recorder.versions ?? []),
        ...(then.get(name)?.recorder.versions ?? []),
      ]).toEqual([name, ...history]);
    expect((await after.ending(id)).status).toBe('success');
  });

  test('receives every step from an API process although another process runs the operation', async () => {
    const [api] = await Promise.all([start({ ROLES: 'api' }), start({ ROLES: 'worker' })]);
    const { id } = await countdown(api, 1);
    const listening = await listen(({ listen }) => listen(api.url, id, 0));
    await Promise.all([...listening.values()].map(({ recorder }) => recorder.over));

    for (const [name, { recorder }] of listening) expect([name, ...recorder.versions]).toEqual([name, 1, 2, 3, 4]);
  });
});

import { setTimeout } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import { providerOf } from '../support/payments.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { EventRecorder } from '../support/event-recorder.js';
import { EventStreamClient } from '../support/event-stream-client.js';
import { eventually, Service } from '../support/service.js';
import { followersOf } from '../support/watchers.js';

describe('a service that stops while it is followed', () => {
  let database: TestDatabase;
  let service: Service;
  beforeAll(async () => (database = await createDatabase()));
  afterAll(() => database.drop());

  const follow = async (id: string) => {
    const recorder = new EventRecorder();
    const stream = await EventStreamClient.open(`${service.url}/api/operations/${id}/events`, {}, ({ data = '' }) =>
      recorder.record(JSON.parse(data) as OperationEventView),
    );
    return { recorder, stream };
  };

  /** Delays every answer of the service. */
  const takesAMoment = () => {
    const queries = service.outcome.app.get(QueryBus, { strict: false });
    const execute = queries.execute.bind(queries);
    jest.spyOn(queries, 'execute').mockImplementation((query) => execute(query).finally(() => setTimeout(50)));
  };

  test('answers waiting clients, ends streams, disconnects sockets, and stops quickly', async () => {
    service = await Service.start({ ROLES: 'api' }, database);
    const { id } = await service.charge();
    takesAMoment();
    const { recorder, stream } = await follow(id);
    const waiting = Array.from({ length: 20 }, () => service.get(`/api/operations/${id}`, { Prefer: 'wait=60' }));
    const sockets = ['websocket', 'polling'].map((transport) =>
      service.socket({ transports: [transport], reconnection: false }),
    );
    const disconnected = sockets.map((socket) => new Promise((resolve) => socket.on('disconnect', resolve)));
    await Promise.all(sockets.map((socket) => socket.emitWithAck('join', { operationId: id })));
    await eventually(async () => followersOf(service) === 23);
    const stopping = Date.now();
    await service.stop();
    const took = Date.now() - stopping;

    const answers = await Promise.all(waiting);
    expect(new Set(answers.map(({ status, body }) => `${status} at version ${body.version}`))).toEqual(
      new Set(['200 at version 1']),
    );
    await stream.ended;
    expect(stream.complete).toBe(true);
    expect(recorder.versions).toEqual([1]);
    await Promise.all(disconnected);
    // The clients have asked to wait for a minute.
    expect(took).toBeLessThan(50_000);
    expect(followersOf(service)).toBe(0);
  });

  test('still publishes endings while it stops', async () => {
    service = await Service.start({}, database);
    const provider = providerOf(service);
    const charge = provider.charge.bind(provider);
    let answer!: () => void;
    const answering = new Promise<void>((resolve) => (answer = resolve));
    jest.spyOn(provider, 'charge').mockImplementation((request) => answering.then(() => charge(request)));
    const { id } = await service.charge();
    const { recorder, stream } = await follow(id);
    await recorder.reached(2);
    const waiting = service.get(`/api/operations/${id}`, { Prefer: 'wait=60' });
    await eventually(async () => followersOf(service) === 2);
    const stopped = service.stop();
    answer();
    await stopped;
    await stream.ended;

    expect(recorder.recorded.map(({ type }) => type)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.succeeded',
    ]);
    expect(stream.complete).toBe(true);
    expect((await waiting).body.status).toBe('success');
  });
});

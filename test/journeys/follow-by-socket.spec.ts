import type { Socket } from 'socket.io-client';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { EventRecorder } from '../support/event-recorder.js';
import { Service, withMetadata } from '../support/service.js';
import { nobodyFollows } from '../support/watchers.js';

describe('following by socket', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const recorderOf = (socket: Socket) => {
    const recorder = new EventRecorder();
    socket.on('operation', (event: OperationEventView) => recorder.record(event));
    return recorder;
  };
  const join = (socket: Socket, operationId: string, afterVersion?: number): Promise<Acknowledgement> =>
    socket.emitWithAck('join', { operationId, ...(afterVersion !== undefined && { afterVersion }) });
  const leave = (socket: Socket, operationId: string): Promise<Acknowledgement> =>
    socket.emitWithAck('leave', { operationId });

  test('join is answered with the operation and its past; later events follow', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const socket = service.socket();
    const recorder = recorderOf(socket);
    const answer = await join(socket, operation.id);
    const { body } = await service.get<{ items: unknown[] }>(`/api/operations/${operation.id}/events`);
    expect(answer).toEqual({
      ok: true,
      operation: (await service.get(`/api/operations/${operation.id}`)).body,
      events: body.items,
    });

    await operation.succeed();
    await recorder.reached(3);
    const [event] = recorder.recorded;
    expect(event).toEqual((await service.history(operation.id))[2]);
    expect(event).toMatchObject({
      operationId: operation.id,
      version: 3,
      type: 'operation.succeeded',
      operation: { status: 'success' },
    });
    expect(event?.occurredAt).toBe(event?.operation.finishedAt);
  });

  test('a client without an acknowledgement receives missed events like live ones', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const socket = service.socket();
    const recorder = recorderOf(socket);
    socket.emit('join', { operationId: operation.id });
    await recorder.reached(2);
    await operation.succeed();
    await recorder.reached(3);

    expect(recorder.versions).toEqual([1, 2, 3]);
  });

  test('leave stops the events of that operation only', async () => {
    const [left, kept] = await Promise.all([DrivenOperation.start(service), DrivenOperation.start(service)]);
    const socket = service.socket();
    const recorder = recorderOf(socket);
    await Promise.all([left, kept].map(({ id }) => join(socket, id)));
    expect(await leave(socket, left.id)).toEqual({ ok: true });
    await left.progress();
    await kept.progress();
    await recorder.reached(2);

    expect(recorder.recorded.map(({ operationId }) => operationId)).toEqual([kept.id]);
    expect(await leave(socket, left.id)).toEqual({ ok: true });
    expect(await leave(socket, kept.id)).toEqual({ ok: true });
    await nobodyFollows(service);
  });

  test('joining again moves the membership to another version, without duplicates', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const socket = service.socket();
    const recorder = recorderOf(socket);
    const answers = [
      await join(socket, operation.id),
      ...(await Promise.all([1, 0, 2].map((afterVersion) => join(socket, operation.id, afterVersion)))),
    ];
    expect(answers.map((answer) => answer.ok && answer.events?.map(({ version }) => version))).toEqual([
      [1, 2],
      [2],
      [1, 2],
      [],
    ]);

    await operation.progress();
    await operation.succeed();
    await recorder.reached(4);
    await leave(socket, operation.id);
    expect(recorder.versions).toEqual([3, 4]);
  });

  test('one socket follows many operations, each in its own order', async () => {
    const operations = await Promise.all(Array.from({ length: 30 }, () => DrivenOperation.start(service)));
    const socket = service.socket();
    const ears = new Map(operations.map(({ id }) => [id, new EventRecorder()]));
    socket.on('operation', (event: OperationEventView) => ears.get(event.operationId)?.record(event));
    await Promise.all(
      operations.map(async (operation) => {
        socket.emit('join', { operationId: operation.id }, (answer: Extract<Acknowledgement, { ok: true }>) =>
          ears.get(operation.id)?.record(...withMetadata({}, answer.events ?? [])),
        );
        await operation.progress();
        await operation.progress();
        await operation.succeed();
      }),
    );
    await Promise.all([...ears.values()].map((recorder) => recorder.reached(4)));

    expect([...ears.values()].map(({ versions }) => versions)).toEqual(operations.map(() => [1, 2, 3, 4]));
  });

  test('a client that upgrades from long-polling to WebSocket misses nothing', async () => {
    const operation = await DrivenOperation.start(service);
    const socket = service.socket({ transports: ['polling', 'websocket'] });
    const transports: string[] = [];
    const changed = new Promise<void>((resolve) =>
      socket.io.on('open', () => {
        transports.push(socket.io.engine.transport.name);
        socket.io.engine.on('upgrade', ({ name }) => resolve(void transports.push(name)));
      }),
    );
    const recorder = recorderOf(socket);
    socket.emit('join', { operationId: operation.id });
    await recorder.reached(1);
    for (let step = 1; step <= 8; step += 1) await operation.progress();
    await changed;
    await operation.succeed();
    await recorder.reached(10);

    expect(transports).toEqual(['polling', 'websocket']);
    expect(recorder.versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

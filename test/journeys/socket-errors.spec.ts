import type { Socket } from 'socket.io-client';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { Service } from '../support/service.js';
import { nobodyFollows } from '../support/watchers.js';

const UNKNOWN_ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const KIB = 1024;

describe('an invalid socket message', () => {
  let service: Service;
  let socket: Socket;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    socket = service.socket();
  });
  afterAll(() => service.stop());

  const join = (operationId: string): Promise<Acknowledgement> => socket.emitWithAck('join', { operationId });
  const refused = (code: string, status: number, paths?: string[]) => ({
    ok: false,
    problem: {
      type: `urn:outcome:problem:${code}`,
      title: expect.any(String),
      status,
      code,
      detail: expect.any(String),
      ...(paths && { errors: paths.map((path) => ({ path, message: expect.any(String) })) }),
    },
  });

  test.each<[string, string, unknown[], object]>([
    ['a join without a message', 'join', [], refused('invalid_message', 422, [''])],
    ['a join with null', 'join', [null], refused('invalid_message', 422, [''])],
    ['a join with a string', 'join', [UNKNOWN_ID], refused('invalid_message', 422, [''])],
    [
      'a join with two messages',
      'join',
      [{ operationId: UNKNOWN_ID }, { operationId: UNKNOWN_ID }],
      refused('invalid_message', 422, ['']),
    ],
    ['a join with an array', 'join', [[UNKNOWN_ID]], refused('invalid_message', 422, [''])],
    ['a join with bytes', 'join', [Buffer.from(UNKNOWN_ID)], refused('invalid_message', 422, [''])],
    ['a join of nothing', 'join', [{}], refused('invalid_message', 422, ['operationId'])],
    ['a join of what is no UUID', 'join', [{ operationId: 'x' }], refused('invalid_message', 422, ['operationId'])],
    [
      'a join with wrong types',
      'join',
      [{ operationId: 7, afterVersion: '3' }],
      refused('invalid_message', 422, ['operationId', 'afterVersion']),
    ],
    [
      'a negative version',
      'join',
      [{ operationId: UNKNOWN_ID, afterVersion: -1 }],
      refused('invalid_message', 422, ['afterVersion']),
    ],
    [
      'a fractional version',
      'join',
      [{ operationId: UNKNOWN_ID, afterVersion: 1.5 }],
      refused('invalid_message', 422, ['afterVersion']),
    ],
    [
      'a version that no column holds',
      'join',
      [{ operationId: UNKNOWN_ID, afterVersion: 2 ** 31 }],
      refused('invalid_message', 422, ['afterVersion']),
    ],
    [
      'an unknown field',
      'join',
      [{ operationId: UNKNOWN_ID, afterversion: 3, colour: 'red' }],
      refused('invalid_message', 422, ['afterversion', 'colour']),
    ],
    [
      'a card number as a field',
      'join',
      [{ operationId: UNKNOWN_ID, 4242424242424242: 1 }],
      refused('card_number_refused', 422),
    ],
    ['an unknown operation', 'join', [{ operationId: UNKNOWN_ID }], refused('operation_not_found', 404)],
    ['a leave without a message', 'leave', [], refused('invalid_message', 422, [''])],
    ['a leave of what is no UUID', 'leave', [{ operationId: 'x' }], refused('invalid_message', 422, ['operationId'])],
    [
      'an unknown field in a leave',
      'leave',
      [{ operationId: UNKNOWN_ID, afterVersion: 3 }],
      refused('invalid_message', 422, ['afterVersion']),
    ],
    ['a number for an event', 7 as unknown as string, [], refused('invalid_message', 422)],
    ['an unknown event', 'subscribe', [{ operationId: UNKNOWN_ID }], refused('invalid_message', 422)],
  ])('%s is acknowledged with a problem', async (_, event, message, answer) => {
    expect(await socket.emitWithAck(event, ...message)).toEqual(answer);
  });

  test('the problem names the unknown event and the known ones', async () => {
    const { problem } = (await socket.emitWithAck('subscribe')) as Extract<Acknowledgement, { ok: false }>;

    expect(problem.detail).toBe('Expected the event "join", "renew" or "leave", found "subscribe".');
  });

  test('none of them ends the socket or leaves anything behind', async () => {
    for (const event of ['join', 'leave', 'subscribe', 'exception']) socket.emit(event, null).emit(event);
    const operation = await DrivenOperation.ended(service);

    expect(await join(operation.id)).toMatchObject({ ok: true, operation: { status: 'success' } });
    await nobodyFollows(service);
  });

  test.each([
    ['websocket', 'transport close'],
    ['polling', 'transport error'],
  ])('a message over 16 KiB ends the connection of its sender (%s: %s)', async (transport, reason) => {
    const sender = service.socket({ transports: [transport], reconnection: false });
    const gone = new Promise((resolve) => sender.on('disconnect', resolve));
    expect(await sender.emitWithAck('join', { operationId: 'x'.repeat(15 * KIB) })).toMatchObject(
      refused('invalid_message', 422),
    );
    sender.emit('join', { operationId: 'x'.repeat(17 * KIB) });

    expect(await gone).toBe(reason);
    expect(await join(UNKNOWN_ID)).toEqual(refused('operation_not_found', 404));
  });

  test('a socket follows 100 operations; for one more it must leave one, or one must end', async () => {
    const ids = await Promise.all(Array.from({ length: 103 }, async () => (await service.charge()).id));
    const [first = '', second = '', ...others] = ids;
    const [third = '', fourth = '', fifth = ''] = others.splice(98);
    const answers = await Promise.all([first, second, ...others].map(join));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(await join(third)).toEqual(refused('too_many_rooms', 429));
    expect(await join(first)).toMatchObject({ ok: true });

    await socket.emitWithAck('leave', { operationId: first });
    expect(await join(third)).toMatchObject({ ok: true });
    expect(await join(fourth)).toEqual(refused('too_many_rooms', 429));

    const ending = new Promise((resolve) => socket.once('operation', resolve));
    await service.post(`/api/operations/${second}/cancel`, {});
    expect(await ending).toMatchObject({ operationId: second, type: 'operation.canceled' });
    expect(await join(UNKNOWN_ID)).toEqual(refused('operation_not_found', 404));
    expect(await join(fourth)).toMatchObject({ ok: true });
    expect(await join(fifth)).toEqual(refused('too_many_rooms', 429));
  });
});

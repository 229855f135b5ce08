import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { Database } from '../../src/database/database.js';
import type { Operation } from '../../src/operations/domain/operation.js';
import { type Outcome, RetryableError, succeeded } from '../../src/operations/kinds/outcome.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { OperationReader } from '../../src/operations/persistence/operation.reader.js';
import { GetHistory } from '../../src/operations/queries/get-history.query.js';
import { lockWaiters } from '../support/databases.js';
import { Gate } from '../support/gate.js';
import { eventually, Service } from '../support/service.js';
import { loseWorkers, stored, teach } from '../support/work.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

describe('who joins an operation that this process has just committed', () => {
  let service: Service;
  let gates: Gate<Outcome>[];
  beforeAll(async () => {
    service = await Service.start({ WATCHDOG_MS: '600000', JOB_LOCK_MS: '600000', RETRY_BASE_MS: '60000' });
    teach(service, 'test.held', {
      execute: async ({ progress }) => {
        await progress({ percent: 50, message: 'half' });
        const gate = new Gate<Outcome>();
        gates.push(gate);
        return gate.pass();
      },
    });
    teach(service, 'test.away', { execute: () => Promise.reject(new RetryableError('away', 'It is away.')) });
  });
  beforeEach(() => void (gates = []));
  afterEach(() => {
    jest.restoreAllMocks();
    for (const gate of gates) gate.open(succeeded({}));
  });
  afterAll(() => service.stop());

  const provided = <T>(token: abstract new (...given: never[]) => T): T =>
    service.outcome.app.get(token, { strict: false });
  const read = (id: string, after: number, knownVersion?: number) =>
    provided(QueryBus).execute(new GetHistory(ofOnlyTenant(id), after, undefined, knownVersion));
  /** Whether the database was read for it. */
  const wasRead = async (id: string, knownVersion: number) => {
    const get = jest.spyOn(provided(OperationReader), 'get').mockClear();
    const { operation } = await read(id, knownVersion, knownVersion);
    return { read: get.mock.calls.length > 0, version: operation.version };
  };
  const held = async (at = 1) => {
    const { body } = await service.start('test.held', { of: 'ours' });
    await eventually(async () => gates.length === at);
    return body.id;
  };

  test.each([0, 1, 2, Infinity])('is answered as the database would answer after version %d', async (after) => {
    const id = await held();
    expect(JSON.parse(JSON.stringify(await read(id, after, 0)))).toEqual(
      JSON.parse(JSON.stringify(await read(id, after))),
    );
    gates[0]?.open(succeeded({ paid: true, of: { deep: [1, null] } }));
    await service.ending(id);
    expect(JSON.parse(JSON.stringify(await read(id, after, 0)))).toEqual(
      JSON.parse(JSON.stringify(await read(id, after))),
    );
  });

  test('is answered without the database, unless they know of a later version', async () => {
    const id = await held();
    expect(await wasRead(id, 3)).toEqual({ read: false, version: 3 });
    await service.database.client.query('UPDATE operation SET version = 4 WHERE id = $1', [id]);
    expect(await wasRead(id, 4)).toEqual({ read: true, version: 4 });
    await service.database.client.query('UPDATE operation SET version = 3 WHERE id = $1', [id]);
  });

  test('is answered without the database while its ending is being stored, and pushed it', async () => {
    const id = await held();
    const { client } = service.database;
    await client.query('BEGIN');
    await client.query('SELECT FROM operation WHERE id = $1 FOR UPDATE', [id]);
    gates[0]?.open(succeeded({}));
    await eventually(async () => (await lockWaiters(client)) === 1);
    const socket = service.socket();
    const pushed = new Promise((resolve) => socket.once('operation', ({ type }) => resolve(type)));
    const get = jest.spyOn(provided(OperationReader), 'get').mockClear();
    const { operation } = await socket.emitWithAck('join', { operationId: id });
    expect({ read: get.mock.calls.length, version: operation.version }).toEqual({ read: 0, version: 3 });
    await client.query('COMMIT');
    expect(await pushed).toBe('operation.succeeded');
  });

  test('is answered from the database after a change whose commit nobody heard of', async () => {
    const id = await held();
    const { durable } = provided(Database);
    const query = durable.query.bind(durable) as (statement: { name: string }) => Promise<unknown>;
    const lost = jest.spyOn(durable, 'query').mockImplementation((async (statement: { name: string }) => {
      const answer = await query(statement);
      if (!statement.name.startsWith('operation-change')) return answer;
      throw new Error('the line is dead');
    }) as never);
    const step = (operation: Operation) => operation.reportProgress({ percent: 60, message: null }, new Date());
    await expect(provided(OperationRepository).updateById(id, step)).rejects.toThrow('the line is dead');
    lost.mockRestore();
    expect(await wasRead(id, 0)).toEqual({ read: true, version: 4 });
    const { client } = service.database;
    await client.query('DELETE FROM operation_event WHERE operation_id = $1 AND version = 4', [id]);
    await client.query('UPDATE operation SET version = 3 WHERE id = $1', [id]);
    gates[0]?.open(succeeded({}));
    await service.ending(id);
  });

  test('is answered from the database where it came through the queue', async () => {
    const api = await Service.start({ ROLES: 'api' }, service.database);
    try {
      teach(api, 'test.held', { execute: () => Promise.resolve(succeeded({})) });
      const { body } = await api.start('test.held', {});
      await eventually(async () => gates.length === 1);
      expect(await wasRead(body.id, 0)).toEqual({ read: true, version: 3 });
    } finally {
      await api.stop();
    }
  });

  test('is answered from the database once it has a job, which any process may take', async () => {
    const { body } = await service.start('test.away', {});
    await eventually(async () => (await stored(service, body.id))?.version === 3);
    expect(await wasRead(body.id, 0)).toEqual({ read: true, version: 3 });
  });

  test('is answered from the database once another process has written to it, even after its ending', async () => {
    const id = await held();
    gates[0]?.open(succeeded({}));
    await service.ending(id);
    expect(await wasRead(id, 0)).toEqual({ read: false, version: 4 });
    await service.database.client.query('UPDATE operation SET version = 5 WHERE id = $1', [id]);
    await provided(OperationRepository).updateById(id, (operation) => operation.recordLateAnswer({}, null, new Date()));
    expect(await wasRead(id, 0)).toEqual({ read: true, version: 6 });
  });

  test('is answered from the database once another worker has gone on with it', async () => {
    const id = await held();
    await loseWorkers(service);
    await eventually(async () => gates.length === 2);
    expect(await wasRead(id, 0)).toEqual({ read: true, version: 5 });
    gates[0]?.open(succeeded({ first: true }));
    gates[1]?.open(succeeded({ second: true }));
    expect(await service.ending(id)).toMatchObject({ version: 6 });
  });
});

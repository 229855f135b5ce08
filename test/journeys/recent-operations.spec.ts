import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { type Outcome, RetryableError, succeeded } from '../../src/operations/kinds/outcome.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { OperationReader } from '../../src/operations/persistence/operation.reader.js';
import { GetHistory } from '../../src/operations/queries/get-history.query.js';
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

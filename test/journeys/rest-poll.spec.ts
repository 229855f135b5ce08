import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { GetVersions } from '../../src/operations/queries/get-versions.query.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { followersOf } from '../support/watchers.js';

describe('polling by REST', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const ask = async (id: string, headers: Record<string, string> = {}) => {
    const answer = await service.get(`/api/operations/${id}`, headers);
    return { ...answer, etag: answer.headers.get('etag'), askAgain: answer.headers.get('retry-after') !== null };
  };

  test('a client that sends its last ETag receives only changes, until no further poll is needed', async () => {
    const operation = await DrivenOperation.start(service);
    expect(await ask(operation.id)).toMatchObject({
      status: 200,
      etag: '"v1"',
      askAgain: true,
      body: { status: 'pending' },
    });
    expect(await ask(operation.id, { 'If-None-Match': '"v1"' })).toMatchObject({
      status: 304,
      etag: '"v1"',
      askAgain: true,
      body: '',
    });

    await operation.progress();
    expect(await ask(operation.id, { 'If-None-Match': '"v1"' })).toMatchObject({
      status: 200,
      etag: '"v2"',
      askAgain: true,
    });
    await operation.succeed();
    expect(await ask(operation.id, { 'If-None-Match': '"v2"' })).toMatchObject({
      status: 200,
      etag: '"v3"',
      askAgain: false,
    });
    expect(await ask(operation.id, { 'If-None-Match': '"v3"' })).toMatchObject({
      status: 304,
      etag: '"v3"',
      askAgain: false,
      body: '',
    });
  });

  test('a cache may send several ETags, and weak ones', async () => {
    const { id } = await DrivenOperation.ended(service);
    const statusFor = async (etags: string) => (await ask(id, { 'If-None-Match': etags })).status;

    expect(await statusFor('"v1", "v3"')).toBe(304);
    expect(await statusFor('W/"v3"')).toBe(304);
    expect(await statusFor('"v1", "v2"')).toBe(200);
    expect(await statusFor('"of somebody else"')).toBe(200);
  });

  test('a waiting client is answered by the event, not by polling', async () => {
    const queries = service.outcome.app.get(QueryBus, { strict: false });
    const execute = queries.execute.bind(queries);
    const looks = jest
      .spyOn(queries, 'execute')
      .mockImplementation(async (query) => (query instanceof GetVersions ? [] : execute(query)));
    const operation = await DrivenOperation.start(service);
    const waiting = ask(operation.id, { Prefer: 'wait=60', 'If-None-Match': '"v1"' });
    await eventually(async () => followersOf(service) === 1);
    await operation.progress();
    const began = Date.now();
    expect((await waiting).status).toBe(200);
    expect(Date.now() - began).toBeLessThan(30_000);
    looks.mockRestore();
  });

  test('an id in capital letters is the same id', async () => {
    const { id } = await DrivenOperation.start(service);

    expect((await ask(id.toUpperCase())).body.id).toBe(id);
    expect((await service.get(`/api/operations/${id.toUpperCase()}/events`)).status).toBe(200);
    expect((await service.get(`/api/checkStatus?operationId=${id.toUpperCase()}`)).status).toBe(200);
    const joined: unknown = await service.socket().emitWithAck('join', { operationId: id.toUpperCase() });
    expect(joined).toMatchObject({ ok: true, operation: { id } });
  });

  test('a wait for an unknown operation is answered at once', async () => {
    const { status, body } = await service.get<Problem>('/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70', {
      Prefer: 'wait=30',
    });
    expect([status, body.code]).toEqual([404, 'operation_not_found']);
  });
});

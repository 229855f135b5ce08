import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { GetVersions } from '../../src/operations/queries/get-versions.query.js';
import { WaitForOperation } from '../../src/operations/feed/wait-for-operation.query.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { eventually, Service } from '../support/service.js';
import { followersOf, nobodyFollows } from '../support/watchers.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

describe('following by a waiting GET', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());
  afterEach(async () => {
    jest.restoreAllMocks();
    await nobodyFollows(service);
  });

  const wait = (operation: DrivenOperation, seconds: number, headers: Record<string, string> = {}) =>
    service.get(`/api/operations/${operation.id}`, { Prefer: `wait=${seconds}`, ...headers });
  const seen = (version: number) => ({ 'If-None-Match': `"v${version}"` });

  test('the next event answers all clients that wait for it', async () => {
    const operation = await DrivenOperation.start(service);
    const waiting = Array.from({ length: 50 }, (_, at) => wait(operation, 60, at % 2 === 0 ? seen(1) : {}));
    await eventually(async () => followersOf(service) === 50);
    await operation.progress();
    const answers = await Promise.all(waiting);

    expect(new Set(answers.map(({ status, body }) => `${status}: ${body.status} at ${body.version}`))).toEqual(
      new Set(['200: processing at 2']),
    );
    expect(answers[0]?.headers.get('preference-applied')).toBe('wait=60');
    expect(answers[0]?.headers.get('etag')).toBe('"v2"');
  });

  test('no query reads the operation while clients wait', async () => {
    const operation = await DrivenOperation.start(service);
    const waiting = wait(operation, 60);
    await eventually(async () => followersOf(service) === 1);
    const execute = jest.spyOn(service.outcome.app.get(QueryBus, { strict: false }), 'execute');
    const queries = () =>
      execute.mock.calls.map(([query]) => query).filter((query) => JSON.stringify(query).includes(operation.id));
    // The catch-up reads all watched operations in one query, every few seconds.
    await eventually(async () => queries().length > 0);
    await operation.progress();
    expect((await waiting).body.version).toBe(2);

    expect(queries()).toEqual(queries().map(() => new GetVersions([operation.id])));
  });

  test('a client that has not seen the present version, or waits for an ended operation, is answered at once', async () => {
    const [running, ended] = [await DrivenOperation.start(service), await DrivenOperation.ended(service)];
    await running.progress();
    const answers = await Promise.all([
      wait(running, 60, seen(1)),
      wait(ended, 60),
      wait(ended, 60, seen(2)),
      wait(ended, 60, seen(3)),
    ]);

    expect(answers.map(({ status, headers }) => [status, headers.get('etag')])).toEqual([
      [200, '"v2"'],
      [200, '"v3"'],
      [200, '"v3"'],
      [304, '"v3"'],
    ]);
  });

  test('when the time is up, the answer is the operation as it stands', async () => {
    const operation = await DrivenOperation.start(service);
    const [present, unchanged] = await Promise.all([wait(operation, 1), wait(operation, 1, seen(1))]);

    expect([present.status, present.body.version]).toEqual([200, 1]);
    expect(unchanged.status).toBe(304);
  });

  test('a start that waits is answered at the ending, and not before', async () => {
    const starting = service.start(
      'payment.charge',
      { amount: 1, currency: 'EUR', paymentMethod: 'pm_card_visa' },
      { headers: { Prefer: 'wait=60' } },
    );
    await eventually(async () => followersOf(service) === 1);
    const [newest] = (await service.get<{ items: { id: string }[] }>('/api/operations?limit=1')).body.items;
    const operation = await DrivenOperation.of(service, newest!.id);
    await operation.progress();
    await operation.progress();
    await operation.succeed();

    expect(await starting).toMatchObject({ status: 200, body: { status: 'success', version: 4, done: true } });
  });

  describe('with until=end', () => {
    const untilEnd = (operation: DrivenOperation, headers: Record<string, string> = {}) =>
      service.get(`/api/operations/${operation.id}`, { Prefer: 'wait=60, until=end', ...headers });

    test('is answered at the ending', async () => {
      const operation = await DrivenOperation.start(service);
      const waiting = [untilEnd(operation), untilEnd(operation, seen(1))];
      await eventually(async () => followersOf(service) === 2);
      await operation.progress();
      await operation.progress();
      await operation.succeed();

      for (const { status, headers, body } of await Promise.all(waiting)) {
        expect([status, body.status, body.version]).toEqual([200, 'success', 4]);
        expect(headers.get('preference-applied')).toBe('wait=60, until=end');
      }
    });

    test('is answered at a customer action, once for each', async () => {
      const operation = await DrivenOperation.start(service);
      const waiting = untilEnd(operation);
      await eventually(async () => followersOf(service) === 1);
      await operation.progress();
      await operation.askCustomer();
      expect((await waiting).body).toMatchObject({ status: 'requires_action', version: 3 });
      expect((await untilEnd(operation)).body.version).toBe(3);
      expect((await untilEnd(operation, seen(1))).body.version).toBe(3);

      const further = untilEnd(operation, seen(3));
      await eventually(async () => followersOf(service) === 1);
      await operation.resume();
      await operation.askCustomer();
      expect((await further).body).toMatchObject({ status: 'requires_action', version: 5 });
    });

    test('is answered at once if it has ended, or as it stands when the time is up', async () => {
      const [running, ended] = [await DrivenOperation.start(service), await DrivenOperation.ended(service)];
      const short = service.get(`/api/operations/${running.id}`, { Prefer: 'until=end, wait=1', ...seen(1) });

      expect((await untilEnd(ended)).body.version).toBe(3);
      expect((await untilEnd(ended, seen(3))).status).toBe(304);
      expect((await short).status).toBe(304);
    });

    test('is ignored without wait', async () => {
      const operation = await DrivenOperation.start(service);
      const { headers } = await service.get(`/api/operations/${operation.id}`, { Prefer: 'until=end' });
      expect(headers.get('preference-applied')).toBeNull();
    });
  });

  test.each([
    ['while it waits', async () => eventually(async () => followersOf(service) === 1)],
    ['before it waits', async () => undefined],
  ])('a client that disconnects %s leaves nothing behind', async (_, until) => {
    const operation = await DrivenOperation.start(service);
    const client = new AbortController();
    const waiting = fetch(`${service.url}/api/operations/${operation.id}`, {
      headers: { Prefer: 'wait=60' },
      signal: client.signal,
    });
    await until();
    client.abort();

    await expect(waiting).rejects.toThrow();
    await nobodyFollows(service);
  });

  test('a client that disconnects before the operation is read leaves no wait', async () => {
    const operation = await DrivenOperation.start(service);
    const gone = AbortSignal.abort();
    const queries = service.outcome.app.get(QueryBus, { strict: false });

    expect(
      await queries.execute(
        new WaitForOperation(ofOnlyTenant(operation.id), { until: 'end', knownVersions: [] }, 60_000, gone),
      ),
    ).toMatchObject({
      version: 1,
    });
  });
});

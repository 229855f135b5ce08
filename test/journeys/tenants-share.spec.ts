import { v7 as uuidv7 } from 'uuid';
import { RetryableError, succeeded, type Outcome } from '../../src/operations/kinds/outcome.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { accept } from '../support/credentials.js';
import { Gate } from '../support/gate.js';
import { newOperation } from '../support/new-operation.js';
import { eventually, Service } from '../support/service.js';
import { expectAllEnded, jobs, loseWorkers, stored, teach } from '../support/work.js';

const [SHOP, OTHER] = [uuidv7(), uuidv7()];
const PLACES = 4;
const FLOOD = 40;
const ENV = { AUTH_MODE: 'keys', WORKER_CONCURRENCY: String(PLACES), LIMIT_STARTS: '0' };

const callersOf = (service: Service) => ({
  shop: accept(service, 'shop', { tenant: SHOP }),
  other: accept(service, 'other', { tenant: OTHER }),
});

const start = async (service: Service, kind: string, as: { Authorization: string }): Promise<string> => {
  const { status, body } = await service.post('/api/operations', { kind, input: {} }, as);
  expect(status).toBe(202);
  return body.id;
};

/** Work that each operation begins, in their order, and that ends one by one. */
function held(services: Service[]) {
  const begun: string[] = [];
  const gates: Gate<Outcome>[] = [];
  teach(services, 'test.held', {
    execute: ({ operationId }) => {
      const gate = new Gate<Outcome>();
      begun.push(operationId);
      gates.push(gate);
      return gate.pass();
    },
  });
  return { begun, end: (at: number) => gates[at]?.open(succeeded({})) };
}

describe.each([
  ['whose process has a worker', false],
  ['whose workers are processes of their own', true],
])('a tenant of a service %s', (_, isApart) => {
  let service: Service;
  let worker: Service;
  beforeAll(async () => {
    service = await Service.start({ ...ENV, ...(isApart && { ROLES: 'api' }) });
    worker = isApart ? await Service.start({ ...ENV, ROLES: 'worker' }, service.database) : service;
  });
  afterAll(async () => {
    if (isApart) await worker.stop();
    await service.stop();
  });

  test('begins with one of the next places when another has flooded the queue, which then goes on in order', async () => {
    const { shop, other } = callersOf(service);
    const { begun, end } = held(isApart ? [service, worker] : [service]);
    const flood: string[] = [];
    for (let count = 0; count < FLOOD; count += 1) flood.push(await start(service, 'test.held', shop));
    await eventually(async () => begun.length === PLACES);
    const late = await start(service, 'test.held', other);
    if (isApart)
      await eventually(async () => (await jobs(service)).some(({ data }) => data.operationIds.includes(late)));

    for (let ended = 0; ended < FLOOD + 1; ended += 1) {
      await eventually(async () => begun.length === Math.min(PLACES + ended, FLOOD + 1));
      end(ended);
    }
    await expectAllEnded(service, [...flood, late]);
    const place = begun.indexOf(late) - PLACES;
    // Apart, a job of two operations must end before the worker fetches another one.
    if (isApart) expect(place).toBeLessThanOrEqual(PLACES);
    else expect(place).toBe(0);
    expect(begun.filter((id) => id !== late)).toEqual(flood);
  });
});

describe('a job', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ...ENV, ROLES: 'api' })));
  afterAll(() => service.stop());
  beforeEach(() => service.database.client.query('TRUNCATE operation, operation_event, bullmq.job CASCADE'));

  /** Each tenant in jobs with the operations in them. */
  const byTenant = async () => {
    const found = new Map<string, string[]>();
    for (const { data } of await jobs(service)) {
      const { tenant = '', operationIds } = data as { tenant?: string; operationIds: string[] };
      found.set(tenant, [...(found.get(tenant) ?? []), ...operationIds]);
    }
    return new Map([...found].map(([tenant, ids]) => [tenant, ids.sort()]));
  };

  test('has operations of one tenant, at most half as many as run at once, also if they share a commit', async () => {
    const operations = Array.from({ length: 30 }, (_, at) =>
      newOperation({ id: uuidv7(), tenant: at % 3 ? SHOP : OTHER }, new Date()),
    );
    const repository = service.outcome.app.get(OperationRepository, { strict: false });
    await Promise.all(operations.map((operation) => repository.add(operation)));
    const idsOf = (tenant: string) =>
      operations.flatMap(({ id, current }) => (current.tenant === tenant ? [id] : [])).sort();
    expect(await byTenant()).toEqual(new Map([SHOP, OTHER].map((tenant) => [tenant, idsOf(tenant)])));
    expect((await jobs(service)).map(({ data }) => data.operationIds.length)).toEqual(Array(15).fill(PLACES / 2));
    const { rows } = await service.database.client.query(
      'SELECT count(DISTINCT xmin::text)::int AS commits FROM operation',
    );
    expect(rows).toEqual([{ commits: 1 }]);
    for (const { id } of operations)
      expect((await jobs(service)).find(({ data }) => data.operationIds.includes(id))?.id).toBe(
        (await stored(service, id))?.job_id,
      );
  });

  test('of operations that are due again at the same time is of one tenant', async () => {
    const repository = service.outcome.app.get(OperationRepository, { strict: false });
    const refs = [SHOP, OTHER, SHOP].map((tenant) => ({ id: uuidv7(), tenant }));
    await Promise.all(refs.map((ref) => repository.add(newOperation(ref, new Date()))));
    const operations = await Promise.all(refs.map((ref) => repository.get(ref)));
    for (const operation of operations) operation.beginAttempt(new Date());
    await Promise.all(operations.map((operation) => repository.save(operation)));
    await service.database.client.query('TRUNCATE bullmq.job CASCADE');
    const runAt = new Date(Date.now() + 60_000);
    for (const operation of operations) operation.retryAt(runAt, 'busy', new Date());
    await Promise.all(operations.map((operation) => repository.save(operation, { runAt })));
    const [shop, other, second] = refs.map(({ id }) => id);
    expect(await byTenant()).toEqual(
      new Map([
        [SHOP, [shop, second].sort()],
        [OTHER, [other]],
      ]),
    );
    expect(await jobs(service)).toHaveLength(2);
  });

  test('of a retry and of a rescue is of the operation’s tenant, too', async () => {
    const worker = await Service.start({ ...ENV, RETRY_BASE_MS: '60000', JOB_LOCK_MS: '600000' }, service.database);
    try {
      const { shop, other } = callersOf(worker);
      const { begun, end } = held([worker]);
      teach(worker, 'test.busy', { execute: () => Promise.reject(new RetryableError('busy', 'Busy.')) });
      const busy = [await start(worker, 'test.busy', shop), await start(worker, 'test.busy', other)];
      for (const id of busy) await eventually(async () => ((await stored(worker, id))?.version ?? 0) >= 3);
      expect(await byTenant()).toEqual(
        new Map([
          [SHOP, [busy[0]]],
          [OTHER, [busy[1]]],
        ]),
      );
      const lost = [await start(worker, 'test.held', shop), await start(worker, 'test.held', other)];
      await eventually(async () => begun.length === 2);
      await loseWorkers(worker);
      await eventually(async () => begun.length === 4);
      expect(await byTenant()).toEqual(
        new Map([
          [SHOP, [busy[0], lost[0]].sort()],
          [OTHER, [busy[1], lost[1]].sort()],
        ]),
      );
      for (const at of [0, 1, 2, 3]) end(at);
      await expectAllEnded(worker, lost);
    } finally {
      await worker.stop();
    }
  });
});

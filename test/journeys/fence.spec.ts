import { jest } from '@jest/globals';
import type { Operation } from '../../src/operations/domain/operation.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { StaleOperation } from '../../src/operations/domain/operation-errors.js';
import { Service } from '../support/service.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

const FAILURE = { code: 'card_declined', message: 'Declined.', retryable: false };
const LATER = new Date(Date.now() + 3_600_000);

/**
 * Statuses in which a worker claims an operation without an event, so that its version stays: only the fence
 * distinguishes two workers.
 */
const WAITS: Record<string, (operation: Operation) => void> = {
  'a look-up': (operation) => operation.reconcileAt(LATER, 'answer_lost', new Date(), null),
  'its next try': (operation) => operation.retryAt(LATER, 'provider_unavailable', new Date()),
  'the customer': (operation) =>
    operation.requireAction({ type: 'redirect', url: 'https://bank.example' }, LATER, new Date()),
};

describe('of two workers that claim an operation at the same version', () => {
  let service: Service;
  let operations: OperationRepository;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    operations = service.outcome.app.get(OperationRepository, { strict: false });
  });
  afterAll(() => service.stop());

  async function waiting(until: string): Promise<string> {
    const { id } = await service.charge();
    const operation = await operations.get(ofOnlyTenant(id));
    operation.beginAttempt(new Date());
    await operations.save(operation);
    WAITS[until]?.(operation);
    await operations.save(operation);
    return id;
  }

  async function taken(id: string): Promise<Operation> {
    const operation = await operations.get(ofOnlyTenant(id));
    operation.beginAttempt(new Date());
    return operation;
  }

  test.each(Object.keys(WAITS))('while it waits for %s, one succeeds', async (until) => {
    const id = await waiting(until);
    const [first, second] = [await taken(id), await taken(id)];
    expect(second.expected.version).toBe(first.expected.version);
    await operations.save(first);
    await expect(operations.save(second)).rejects.toMatchObject({ code: 'stale_operation' });
  });

  test.each(['a look-up', 'the customer'])('while it waits for %s, the stalled one ends nothing', async (until) => {
    const id = await waiting(until);
    const stalled = await taken(id);
    await operations.save(stalled);
    const takenOver = await taken(id);
    expect(takenOver.current.version).toBe(stalled.current.version);
    await operations.save(takenOver);
    stalled.fail(FAILURE, new Date());
    await expect(operations.save(stalled)).rejects.toMatchObject({ code: 'stale_operation' });
    takenOver.succeed({}, new Date());
    await operations.save(takenOver);
    expect((await service.get(`/api/operations/${id}`)).body).toMatchObject({ status: 'success', failure: null });
  });

  test('an update is repeated on the new state if another writer is first', async () => {
    const id = await waiting('a look-up');
    const versions: number[] = [];
    await operations.updateById(id, async (operation) => {
      versions.push(operation.current.version);
      if (versions.length === 1) await operations.updateById(id, (other) => other.fail(FAILURE, new Date()));
      else operation.recordLateAnswer({}, null, new Date());
      if (versions.length === 1) operation.succeed({}, new Date());
    });
    expect(versions).toEqual([3, 4]);
    expect((await operations.get(ofOnlyTenant(id))).current).toMatchObject({ status: 'failed', version: 5 });
  });

  test('an update that always loses to another writer is given up', async () => {
    const id = await waiting('a look-up');
    let steps = 0;
    const update = operations.updateById(id, async (operation) => {
      steps += 1;
      await operations.updateById(id, (other) => other.takeOver());
      operation.takeOver();
    });
    await expect(update).rejects.toBeInstanceOf(StaleOperation);
    expect(steps).toBe(5);
  });

  test('an update without a step writes nothing', async () => {
    const id = await waiting('a look-up');
    const save = jest.spyOn(operations, 'save');
    await operations.updateById(id, () => undefined);
    expect(save).not.toHaveBeenCalled();
    save.mockRestore();
  });

  test('a cancel that always loses is answered 409', async () => {
    const id = await waiting('a look-up');
    const requests = jest
      .spyOn(operations, 'requestCancel')
      .mockImplementation(({ expected }) => Promise.reject(StaleOperation.at(id, expected.version, expected.fence)));
    const answer = await service.request('POST', `/api/operations/${id}/cancel`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'stale_operation' } });
    expect(requests).toHaveBeenCalledTimes(5);
    requests.mockRestore();
  });
});

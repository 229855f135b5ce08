import { jest } from '@jest/globals';
import { actionRequired, CancelRequested, RetryableError, succeeded } from '../../src/operations/kinds/outcome.js';
import { providerOf } from '../support/payments.js';
import { Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { expectAllEnded, expectOneEndingEach, operationOnce, stored, storedHistories, teach } from '../support/work.js';

describe('canceling an operation', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ RETRY_BASE_MS: '60000' })));
  afterAll(() => service.stop());

  const cancel = (id: string, through = service) => through.request('POST', `/api/operations/${id}/cancel`);
  const types = async (id: string) => (await service.history(id)).map(({ type }) => type);

  test('wins at once before a worker has claimed it', async () => {
    const api = await Service.start({ ROLES: 'api' });
    try {
      const { id } = await api.charge();
      const canceled = await cancel(id, api);
      expect(canceled).toMatchObject({
        status: 200,
        body: { status: 'canceled', done: true, version: 2, finishedAt: expect.any(String) },
      });
      expect((await api.history(id)).map(({ type }) => type)).toEqual(['operation.started', 'operation.canceled']);

      const worker = await Service.start({ ROLES: 'worker' }, api.database);
      await api.charge();
      await worker.stop();
      expect(await stored(api, id)).toMatchObject({ status: 'canceled', version: 2, fence: 0 });
      expect(await api.charges(id)).toBe(0);
    } finally {
      await api.stop();
    }
  });

  test('wins at once while it waits for its next attempt', async () => {
    let attempts = 0;
    teach(service, 'test.busy', {
      execute: () => {
        attempts += 1;
        return Promise.reject(new RetryableError('busy', 'Busy.'));
      },
    });
    const { id } = (await service.start('test.busy', {})).body;
    await operationOnce(service, id, ({ version }) => version === 3);
    expect(await cancel(id)).toMatchObject({ status: 200, body: { status: 'canceled' } });
    expect(await types(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.retrying',
      'operation.canceled',
    ]);
    expect(attempts).toBe(1);
  });

  test('is a request while a worker runs it, which a countdown obeys at its next tick', async () => {
    const { id } = (await service.start('demo.countdown', { seconds: 30 })).body;
    await operationOnce(service, id, ({ status }) => status === 'processing');
    const requested = await cancel(id);
    expect(requested).toMatchObject({ status: 202, body: { status: 'processing', done: false } });
    const ended = await service.ending(id);
    expect(ended).toMatchObject({ status: 'canceled', result: null, failure: null });
    expect(ended.version).toBeLessThanOrEqual(requested.body.version + 2);
    await expectOneEndingEach(service, [id]);
  });

  test('may be requested twice', async () => {
    const gate = new Gate();
    teach(service, 'test.stop', {
      execute: async ({ progress, signal }) => {
        await gate.pass();
        await progress({ percent: 1, message: null });
        signal.throwIfAborted();
        return succeeded({});
      },
    });
    const { id } = (await service.start('test.stop', {})).body;
    await gate.reached;
    expect([(await cancel(id)).status, (await cancel(id)).status]).toEqual([202, 202]);
    gate.open();
    expect((await service.ending(id)).status).toBe('canceled');
  });

  test('aborts the signal of the work with CancelRequested as its reason', async () => {
    const gate = new Gate();
    const abortReason = new Gate<unknown>();
    teach(service, 'test.ask', {
      execute: async ({ progress, signal }) => {
        await gate.pass();
        await progress({ percent: 1, message: null });
        abortReason.open(signal.reason);
        return succeeded({ finished: 'all the same' });
      },
    });
    const { id } = (await service.start('test.ask', {})).body;
    await gate.reached;
    await cancel(id);
    gate.open();
    expect(await abortReason.opened).toBeInstanceOf(CancelRequested);
    expect(await service.ending(id)).toMatchObject({ status: 'success', result: { finished: 'all the same' } });
  });

  test('loses to the provider’s answer while the provider executes it', async () => {
    const slow = await Service.start();
    try {
      const gate = new Gate();
      const provider = providerOf(slow);
      const charge = provider.charge.bind(provider);
      jest.spyOn(provider, 'charge').mockImplementation((request) => gate.pass().then(() => charge(request)));
      const [paid, declined] = await Promise.all([slow.charge(), slow.charge('pm_card_visa_chargeDeclined')]);
      for (const { id } of [paid, declined]) {
        await operationOnce(slow, id, ({ status }) => status === 'processing');
        expect(await cancel(id, slow)).toMatchObject({ status: 202, body: { status: 'processing' } });
      }
      gate.open();
      expect(await slow.ending(paid.id)).toMatchObject({ status: 'success' });
      expect(await slow.ending(declined.id)).toMatchObject({ status: 'failed', failure: { code: 'card_declined' } });
      expect([await slow.charges(paid.id), await slow.charges(declined.id)]).toEqual([1, 0]);
    } finally {
      await slow.stop();
    }
  });

  test('wins if the work had no effect', async () => {
    const gate = new Gate();
    teach(service, 'test.refused', {
      execute: async () => {
        await gate.pass();
        throw new RetryableError('busy', 'Busy.');
      },
    });
    const { id } = (await service.start('test.refused', {})).body;
    await gate.reached;
    expect((await cancel(id)).status).toBe(202);
    gate.open();
    expect((await service.ending(id)).status).toBe('canceled');
    expect(await types(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.retrying',
      'operation.canceled',
    ]);
  });

  test('wins if the work needs the customer first', async () => {
    const gate = new Gate();
    teach(service, 'test.redirect', {
      execute: async () => {
        await gate.pass();
        return actionRequired({ type: 'redirect', url: 'https://bank.example' });
      },
    });
    const { id } = (await service.start('test.redirect', {})).body;
    await gate.reached;
    expect((await cancel(id)).status).toBe(202);
    gate.open();
    expect((await service.ending(id)).status).toBe('canceled');
  });

  test('is refused once it has ended with any status', async () => {
    const paid = await service.charge();
    const declined = await service.charge('pm_card_visa_chargeDeclined');
    for (const { id } of [paid, declined]) {
      const { status } = await service.ending(id);
      expect(await cancel(id)).toMatchObject({
        status: 409,
        body: { code: 'operation_already_ended', detail: expect.stringContaining(status) },
      });
    }
  });

  test('and ending at the same instant, fifty times, gives one ending each, without a gap in any history', async () => {
    const started = await Promise.all(Array.from({ length: 50 }, () => service.charge()));
    const answers = await Promise.all(started.map(({ id }) => cancel(id)));
    expect(answers.filter(({ status }) => ![200, 202, 409].includes(status))).toEqual([]);
    const ids = started.map(({ id }) => id);
    await expectAllEnded(service, ids);
    const histories = await storedHistories(service);
    for (const [at, id] of ids.entries()) {
      const ending = histories.get(id)?.types.at(-1);
      // A client that received 200 for its cancel must find it canceled; so must the ledger.
      if (answers[at]?.status === 200) expect(ending).toBe('operation.canceled');
      expect(await service.charges(id)).toBe(ending === 'operation.succeeded' ? 1 : 0);
    }
  });
});

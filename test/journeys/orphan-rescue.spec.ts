import { type Outcome, RetryableError, succeeded, unknown } from '../../src/operations/kinds/outcome.js';
import { Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { chargesOf, expectAllEnded, expectOneEndingEach, jobs, operationOnce, stored, teach } from '../support/work.js';

const WATCHDOG_MS = 200;

describe('an operation whose job was lost', () => {
  let api: Service;
  beforeAll(async () => (api = await Service.start({ ROLES: 'api' })));
  afterAll(() => api.stop());
  beforeEach(() => api.database.client.query('TRUNCATE operation, operation_event'));

  /** Runs `first` once, and succeeds afterwards. */
  function onceOf(first: () => Promise<Outcome>): () => Promise<Outcome> {
    let times = 0;
    return () => (++times === 1 ? first() : Promise.resolve(succeeded({})));
  }

  const loseJobs = () => api.database.client.query('DELETE FROM bullmq.job');

  async function withAWorker(work: (worker: Service) => Promise<void>): Promise<void> {
    const worker = await Service.start(
      { WATCHDOG_MS: String(WATCHDOG_MS), RETRY_BASE_MS: '60000', LOOK_UP_BASE_MS: '60000' },
      api.database,
    );
    try {
      await work(worker);
    } finally {
      await worker.stop();
    }
  }

  /** Makes operations that are due in a minute due now. */
  const hurry = () =>
    api.database.client.query(
      `UPDATE operation SET next_attempt_at = now() - interval '1 s', updated_at = now() - interval '1 s'`,
    );

  test('gets another job and ends', async () => {
    const { id } = await api.charge();
    await loseJobs();
    const before = await stored(api, id);
    await withAWorker(async (worker) => {
      expect(await worker.ending(id)).toMatchObject({ status: 'success' });
      expect((await stored(api, id))?.job_id).not.toBe(before?.job_id);
      expect(await worker.charges(id)).toBe(1);
    });
  });

  test('ends even if there are many, which then share a job', async () => {
    const ids = (await Promise.all(Array.from({ length: 60 }, () => api.charge()))).map(({ id }) => id);
    await loseJobs();
    await withAWorker(async (worker) => {
      await expectAllEnded(worker, ids);
      const { rows } = await api.database.client.query('SELECT count(DISTINCT job_id)::int AS jobs FROM operation');
      expect(rows[0].jobs).toBe(1);
      expect(await chargesOf(worker, ids)).toBe(60);
    });
  });

  test.each([
    ['retry', 'operation.retrying', { execute: onceOf(() => Promise.reject(new RetryableError('busy', 'Busy.'))) }],
    [
      'lookup',
      'operation.reconciling',
      { execute: async () => unknown('answer_lost'), lookUp: async () => succeeded({}) },
    ],
  ])('ends even while it waits for its %s', async (awaited, step, work) => {
    await withAWorker(async (worker) => {
      const kind = `test.${awaited}`;
      teach([api, worker], kind, work);
      const { id } = (await api.start(kind, {})).body;
      await operationOnce(worker, id, ({ version }) => version === 3);
      // In this order: a rescue in between must find it due.
      await hurry();
      await loseJobs();
      expect(await worker.ending(id)).toMatchObject({ status: 'success' });
      expect((await worker.history(id)).map(({ type }) => type)).toEqual([
        'operation.started',
        'operation.processing',
        step,
        'operation.succeeded',
      ]);
    });
  });

  test('ends even if its worker never returns', async () => {
    const gate = new Gate();
    let attempts = 0;
    const execute = async () => {
      if (++attempts === 1) await gate.pass();
      return succeeded({ attempts });
    };
    await withAWorker(async (worker) => {
      teach([api, worker], 'test.vanish', { execute });
      const { id } = (await api.start('test.vanish', {})).body;
      await gate.reached;
      await loseJobs();
      expect(await worker.ending(id)).toMatchObject({ status: 'success', result: { attempts: 2 } });
      gate.open();
      await expectOneEndingEach(worker, [id]);
    });
  });

  test('gets one job from two processes that find it at the same time', async () => {
    const { id } = await api.charge();
    await loseJobs();
    await withAWorker((one) =>
      withAWorker(async () => {
        await expectAllEnded(one, [id]);
        expect(await stored(one, id)).toMatchObject({ fence: 1 });
      }),
    );
  });
});

test('an operation with a slow worker is left to it', async () => {
  const service = await Service.start({ WATCHDOG_MS: '50' });
  const api = await Service.start({ ROLES: 'api' }, service.database);
  try {
    const gate = new Gate();
    teach([service, api], 'test.long', {
      execute: async () => {
        await gate.pass();
        return succeeded({});
      },
    });
    const { id } = (await api.start('test.long', {})).body;
    await gate.reached;
    const before = await stored(service, id);
    // Another orphan proves that the rescue has run, more than once.
    for (let looks = 0; looks < 3; looks += 1) {
      const orphaned = (await api.start('test.long', {})).body.id;
      const { job_id: lost } = (await stored(service, orphaned)) ?? {};
      await service.database.client.query('DELETE FROM bullmq.job WHERE id = $1', [lost]);
      while ((await stored(service, orphaned))?.job_id === lost) await service.get('/health/live');
    }
    expect(await stored(service, id)).toEqual(before);
    expect((await jobs(service)).filter(({ data }) => data.operationIds.includes(id))).toHaveLength(1);
    gate.open();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
  } finally {
    await api.stop();
    await service.stop();
  }
});

import { failed, RetryableError, succeeded, unknown } from '../../src/operations/kinds/outcome.js';
import { OPERATION_QUEUE, OperationQueue } from '../../src/operations/jobs/operation-queue.js';
import { eventually, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { expectOneEndingEach, jobs, stored, teach } from '../support/work.js';

const BUSY = new RetryableError('printer_busy', 'The printer is busy.');
const BASE_MS = 20;

describe('a retryable error', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ RETRY_ATTEMPTS: '4', RETRY_BASE_MS: String(BASE_MS) })));
  afterAll(() => service.stop());

  const steps = async (id: string) =>
    (await service.history(id)).map(({ type, detail }) => [type, detail?.reason].filter(Boolean).join(' '));

  /** Throws one of the errors per attempt, and then succeeds. */
  const failing = (...errors: Error[]) => ({
    execute: async () => {
      const error = errors.shift();
      if (error) throw error;
      return succeeded({});
    },
  });

  test('is retried, each time later, until it has passed', async () => {
    const { id } = await service.charge('pm_sandbox_unavailable_twice');
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    const history = await service.history(id);
    expect(history.map(({ type }) => type)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.retrying',
      'operation.retrying',
      'operation.succeeded',
    ]);
    const retries = history.filter(({ type }) => type === 'operation.retrying');
    retries.forEach(({ detail, occurredAt, operation }, at) => {
      expect(detail).toEqual({ attempt: at + 1, reason: 'provider_unavailable', nextAttemptAt: expect.any(String) });
      expect(operation.status).toBe('processing');
      const wait = Date.parse(String(detail?.nextAttemptAt)) - Date.parse(occurredAt);
      expect(wait).toBeGreaterThanOrEqual(BASE_MS * 2 ** at * 0.5);
      expect(wait).toBeLessThanOrEqual(BASE_MS * 2 ** at * 1.5);
      const next = history.find(
        ({ version }) => version === (history.find((event) => event.detail === detail)?.version ?? 0) + 1,
      );
      expect(Date.parse(next?.occurredAt ?? '') - Date.parse(occurredAt)).toBeGreaterThanOrEqual(wait);
    });
    expect(await service.charges(id)).toBe(1);
  });

  test('fails after the last attempt, and says that it may be started anew', async () => {
    const { id } = await service.charge('pm_sandbox_unavailable');
    const ended = await service.ending(id);
    expect(ended).toMatchObject({ status: 'failed', failure: { code: 'provider_unavailable', retryable: true } });
    expect(await stored(service, id)).toMatchObject({ fence: 4, attempts: 4 });
    expect((await steps(id)).filter((step) => step === 'operation.retrying provider_unavailable')).toHaveLength(3);
    expect(await service.charges(id)).toBe(0);
  });

  test('is not a decline, which ends the operation at the first attempt', async () => {
    const { id } = await service.charge('pm_card_visa_chargeDeclined');
    expect(await service.ending(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'card_declined', retryable: false },
    });
    expect(await steps(id)).toEqual(['operation.started', 'operation.processing', 'operation.failed']);
  });

  test('delays no other operation', async () => {
    const { id } = await service.charge('pm_sandbox_unavailable');
    expect(await service.ending((await service.charge()).id)).toMatchObject({ status: 'success' });
    await service.ending(id);
  });

  test('keeps the progress', async () => {
    let attempts = 0;
    teach(service, 'paper.print', {
      execute: async ({ progress }) => {
        await progress({ percent: 50 * ++attempts, message: null });
        if (attempts === 1) throw BUSY;
        return succeeded({});
      },
    });
    const { id } = (await service.start('paper.print', {})).body;
    expect(await service.ending(id)).toMatchObject({ status: 'success', progress: { percent: 100 } });
    expect(await steps(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.progressed',
      'operation.retrying printer_busy',
      'operation.progressed',
      'operation.succeeded',
    ]);
  });

  test('gives the next attempt its number', async () => {
    const attempts: number[] = [];
    const { execute } = failing(BUSY, BUSY);
    teach(service, 'paper.count', {
      execute: async ({ attempt }) => {
        attempts.push(attempt);
        return execute();
      },
    });
    await service.ending((await service.start('paper.count', {})).body.id);
    expect(attempts).toEqual([1, 2, 3]);
  });

  describe('a kind without a look-up repeats', () => {
    test('an unexpected error', async () => {
      teach(service, 'paper.tear', failing(new TypeError('undefined is not a function')));
      const { id } = (await service.start('paper.tear', {})).body;
      expect(await service.ending(id)).toMatchObject({ status: 'success' });
      expect(await steps(id)).toContain('operation.retrying unexpected_error');
    });

    test('an unexpected error until the last attempt, without revealing internals', async () => {
      teach(service, 'paper.burn', { execute: () => Promise.reject(new Error('ECONNREFUSED 10.0.0.7:5432')) });
      const { id } = (await service.start('paper.burn', {})).body;
      const ended = await service.ending(id);
      expect(ended).toMatchObject({ status: 'failed', failure: { code: 'unexpected_error', retryable: true } });
      expect(JSON.stringify(await service.history(id))).not.toContain('10.0.0.7');
    });

    test('an unknown answer', async () => {
      const outcomes = [unknown('paper_jam'), succeeded({})];
      teach(service, 'paper.jam', { execute: async () => outcomes.shift() ?? succeeded({}) });
      const { id } = (await service.start('paper.jam', {})).body;
      expect(await service.ending(id)).toMatchObject({ status: 'success' });
      expect(await steps(id)).toEqual([
        'operation.started',
        'operation.processing',
        'operation.retrying paper_jam',
        'operation.succeeded',
      ]);
    });

    test('an attempt that exceeds its time limit', async () => {
      const stuck = new Gate();
      let attempts = 0;
      const execute = async () => {
        if (++attempts === 1) await stuck.pass();
        return succeeded({ attempts });
      };
      teach(service, 'paper.wait', { execute }, 50);
      const { id } = (await service.start('paper.wait', {})).body;
      expect(await service.ending(id)).toMatchObject({ status: 'success', result: { attempts: 2 } });
      stuck.open();
      expect(await steps(id)).toContain('operation.retrying time_is_up');
    });
  });

  test('no attempt if it has a look-up: one that exceeds its time limit is reconciled', async () => {
    const stuck = new Gate();
    teach(
      service,
      'paper.post',
      {
        execute: async () => {
          await stuck.pass();
          return succeeded({});
        },
        lookUp: async () => failed({ code: 'returned', message: 'It came back.', retryable: false }),
      },
      50,
    );
    const { id } = (await service.start('paper.post', {})).body;
    expect(await service.ending(id)).toMatchObject({ status: 'failed', failure: { code: 'returned' } });
    stuck.open();
    expect(await steps(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.reconciling time_is_up',
      'operation.failed',
    ]);
    await expectOneEndingEach(service, [id]);
  });
});

describe('a job that failed for good', () => {
  test('is kept with its reason, and its operation gets another', async () => {
    const api = await Service.start({ ROLES: 'api' });
    teach(api, 'paper.fold', { execute: () => Promise.reject(new Error('only a worker folds')) });
    const { id } = (await api.start('paper.fold', {})).body;
    // One attempt, since the eight of a job take minutes.
    await api.database.client.query(`UPDATE bullmq.job SET opts = opts || '{"attempts": 1}'`);
    const [job] = await jobs(api);

    // As during a rolling update: this worker does not know the kind yet.
    const worker = await Service.start({}, api.database);
    try {
      const failedJob = await eventually(async () => (await jobs(api)).find(({ state }) => state === 'failed'));
      expect(failedJob).toMatchObject({ id: job?.id, data: { operationIds: [id] } });
      expect(failedJob.failed_reason).toContain('There is no kind of operation "paper.fold"');
      expect(await worker.outcome.app.get(OperationQueue, { strict: false }).counts()).toMatchObject({ failed: 1 });
      expect(await stored(api, id)).toMatchObject({ status: 'pending', fence: 0 });

      teach(worker, 'paper.fold', { execute: async () => succeeded({ folded: true }) });
      expect(await worker.ending(id)).toMatchObject({ status: 'success', result: { folded: true } });
      expect((await stored(api, id))?.job_id).not.toBe(job?.id);
      const kept = await api.database.client.query(`SELECT id FROM bullmq.job WHERE queue = $1 AND state = 'failed'`, [
        OPERATION_QUEUE.name,
      ]);
      expect(kept.rows).toEqual([{ id: job?.id }]);
    } finally {
      await worker.stop();
      await api.stop();
    }
  });
});

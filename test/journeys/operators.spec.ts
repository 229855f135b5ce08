import { z } from 'zod';
import type { OperationInspection } from '../../src/operations/queries/inspect-operation.query.js';
import type { OperationStatistics } from '../../src/operations/queries/operation-statistics.query.js';
import { KindRegister } from '../../src/operations/kinds/kind-register.js';
import { failed, succeeded } from '../../src/operations/kinds/outcome.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { MINUTES } from '../../src/time/durations.js';

describe('an operator', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ LOOK_UP_BASE_MS: '60000', RETRY_BASE_MS: '60000' });
  });
  afterAll(() => service.stop());

  const inspect = async (id: string) =>
    (await service.get<OperationInspection>(`/api/operations/${id}/inspection`)).body;
  const statistics = async (query = '') =>
    (await service.get<OperationStatistics>(`/api/operations/statistics${query}`)).body;

  test('sees an operation’s input and attempts, and that it waits for nothing once it has ended', async () => {
    const { id } = await service.ending((await service.charge()).id);
    expect(await inspect(id)).toEqual({
      operationId: id,
      input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa', capture: true, offSession: false },
      attempts: 1,
      lookUps: 0,
      waitsFor: 'nothing',
      nextAttemptAt: null,
      attentionAt: null,
      cancelRequestedAt: null,
      proposedResolution: null,
      requestId: expect.any(String),
    });
  });

  test.each([
    ['pm_sandbox_unavailable', 'retry', 'processing'],
    ['pm_sandbox_charged_answer_lost', 'look_up', 'reconciling'],
  ])('sees that a charge of %s waits for a %s, and until when', async (paymentMethod, waitsFor, status) => {
    const { id } = await service.charge(paymentMethod);
    const found = await eventually(async () => {
      const inspection = await inspect(id);
      return inspection.nextAttemptAt !== null && inspection;
    });
    expect(found.waitsFor).toBe(waitsFor);
    expect(Date.parse(found.nextAttemptAt!)).toBeGreaterThan(Date.now());
    expect((await service.get(`/api/operations/${id}`)).body.status).toBe(status);
  });

  test('sees that a worker runs an operation, and when a cancel was requested', async () => {
    const { body } = await service.start('demo.countdown', { seconds: 30 });
    await eventually(async () => (await inspect(body.id)).waitsFor === 'answer');
    await service.request('POST', `/api/operations/${body.id}/cancel`);
    expect((await inspect(body.id)).cancelRequestedAt).not.toBeNull();
    await service.ending(body.id);
  });

  test('does not see its kind’s secret fields', async () => {
    const input = z.strictObject({ to: z.string(), password: z.string().meta({ writeOnly: true }) });
    const handler = { execute: () => Promise.resolve(succeeded({})) };
    const kind = {
      name: 'secret.tell',
      summary: 'Tell a secret',
      input,
      result: z.strictObject({}),
      timeLimitMs: 1000,
      examples: {},
    };
    service.outcome.app.get(KindRegister).add({ ...kind, handler });
    const { body } = await service.start('secret.tell', { to: 'a friend', password: 'open sesame' });

    expect((await inspect(body.id)).input).toEqual({ to: 'a friend', password: '••••••' });
    expect(JSON.stringify(await service.get(`/api/operations/${body.id}`))).not.toContain('sesame');
  });

  test('gets a problem for an unknown operation', async () => {
    const { status, body } = await service.get<Problem>(
      '/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70/inspection',
    );
    expect([status, body.code]).toEqual([404, 'operation_not_found']);
  });

  test('sees how many started and ended, and how long they took, in buckets without holes', async () => {
    const fresh = await Service.start();
    try {
      const handler = { execute: () => Promise.resolve(failed({ code: 'no', message: 'No.', retryable: false })) };
      const shape = z.strictObject({});
      fresh.outcome.app.get(KindRegister).add({
        name: 'test.fail',
        summary: 'Fail',
        input: shape,
        result: shape,
        timeLimitMs: 1000,
        examples: {},
        handler,
      });
      const ids = [await fresh.charge(), await fresh.charge(), (await fresh.start('test.fail', {})).body].map(
        ({ id }) => id,
      );
      for (const id of ids) await fresh.ending(id);
      const { body: running } = await fresh.start('demo.countdown', { seconds: 30 });
      await fresh.database.client.query(
        `UPDATE operation SET created_at = created_at - interval '10 s', finished_at = finished_at WHERE id = $1`,
        [ids[0]],
      );

      const found = (await fresh.get<OperationStatistics>('/api/operations/statistics?minutes=5')).body;
      const total = (of: (bucket: OperationStatistics['buckets'][number]) => number) =>
        found.buckets.reduce((sum, bucket) => sum + of(bucket), 0);
      expect(found.bucketSeconds).toBe(5);
      expect(found.buckets).toHaveLength(60);
      expect(found.buckets.map(({ at }) => Date.parse(at))).toEqual(
        Array.from({ length: 60 }, (_, index) => Date.parse(found.from) + index * 5000),
      );
      expect(Date.parse(found.to) - Date.parse(found.from)).toBe(5 * MINUTES);
      expect([
        total(({ started }) => started),
        total(({ ended }) => ended.success),
        total(({ ended }) => ended.failed),
      ]).toEqual([4, 2, 1]);
      expect(Math.max(...found.buckets.map(({ p99Ms }) => p99Ms ?? 0))).toBeGreaterThan(9000);
      expect(found.unfinished.pending + found.unfinished.processing).toBe(1);
      await fresh.request('POST', `/api/operations/${running.id}/cancel`);
    } finally {
      await fresh.stop();
    }
  });

  test('sees the percentiles of the whole window, which its buckets cannot give', async () => {
    const fresh = await Service.start();
    try {
      const none = (await fresh.get<OperationStatistics>('/api/operations/statistics?minutes=5')).body;
      expect([none.p50Ms, none.p99Ms]).toEqual([null, null]);
      // Three of one second, each in its own bucket, and one of 100 seconds in the last.
      for (const [seconds, ago] of [
        [1, 90],
        [1, 60],
        [1, 30],
        [100, 0],
      ]) {
        const { id } = await fresh.ending((await fresh.charge()).id);
        await fresh.database.client.query(
          `UPDATE operation SET finished_at = finished_at - $2::int * interval '1 s',
             created_at = finished_at - ($2::int + $3::int) * interval '1 s' WHERE id = $1`,
          [id, ago, seconds],
        );
      }
      const { p50Ms, p99Ms, buckets } = (await fresh.get<OperationStatistics>('/api/operations/statistics?minutes=5'))
        .body;
      // The median and the 99th percentile of four values: between the third and the fourth, 1 s + 0.97 * 99 s.
      expect([p50Ms, p99Ms]).toEqual([1000, expect.closeTo(97_030)]);
      expect(buckets.flatMap((bucket) => bucket.p50Ms ?? [])).toEqual([1000, 1000, 1000, 100_000]);
    } finally {
      await fresh.stop();
    }
  });

  test.each(['0', '61', '1.5', 'all'])('is refused statistics of %s minutes', async (minutes) => {
    const { status, body } = await service.get<Problem>(`/api/operations/statistics?minutes=${minutes}`);
    expect([status, body.code]).toEqual([400, 'invalid_parameter']);
  });

  test('gets fifteen minutes by default', async () => {
    const { from, to } = await statistics();
    expect(Date.parse(to) - Date.parse(from)).toBe(15 * MINUTES);
  });
});

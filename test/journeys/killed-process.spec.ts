import pg from 'pg';
import type { OperationEventView, OperationView } from '../../src/operations/contract/operation-view.js';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { CHARGE_ENDINGS, methodOf } from '../support/charge-endings.js';
import { eventually } from '../support/service.js';
import { type DataFolder, dataFolder, ServiceProcess } from '../support/service-process.js';

const IN_FLIGHT = 200;

describe('a process that is killed while 200 operations are in flight', () => {
  let folder: DataFolder;
  beforeAll(async () => void (folder = await dataFolder()));
  afterAll(() => folder.remove());

  test('leaves each to end once, with one charge for each success and none for each failure', async () => {
    const env = { DATA_DIR: folder.path, WORKER_CONCURRENCY: '60', RETRY_BASE_MS: '50' };
    // They end in four waves: some have ended when the process is killed, and more have not, on a slow machine too.
    const first = ServiceProcess.spawn({ ...env, SANDBOX_LATENCY_MS: '3000' });
    const url = await first.ready();
    const started = await Promise.all(
      Array.from({ length: IN_FLIGHT }, async (_, at) => {
        const paymentMethod = methodOf(at);
        const body = JSON.stringify({
          kind: 'payment.charge',
          input: { amount: 100 + at, currency: 'EUR', paymentMethod },
        });
        const response = await fetch(`${url}/api/operations`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body,
        });
        expect(response.status).toBe(202);
        const { id } = (await response.json()) as OperationView;
        return { id, paymentMethod };
      }),
    );
    await eventually(async () => {
      const page = await (await fetch(`${url}/api/operations?status=success&limit=1`)).json();
      return (page as { items: unknown[] }).items.length > 0;
    });
    expect((await first.kill('SIGKILL')).signal).toBe('SIGKILL');

    const second = ServiceProcess.spawn({ ...env, SANDBOX_LATENCY_MS: '0' });
    const again = await second.ready();
    const get = async <T>(path: string): Promise<T> =>
      (await (await fetch(again + path, { headers: { Prefer: 'wait=30' } })).json()) as T;
    await Promise.all(
      started.map(async ({ id, paymentMethod }) => {
        let operation = await get<OperationView>(`/api/operations/${id}`);
        while (!operation.done) operation = await get<OperationView>(`/api/operations/${id}`);
        expect({ paymentMethod, status: operation.status }).toEqual({
          paymentMethod,
          status: CHARGE_ENDINGS[paymentMethod],
        });
      }),
    );
    const histories = await Promise.all(
      started.map(({ id }) => get<{ items: OperationEventView[] }>(`/api/operations/${id}/events`)),
    );
    for (const { items } of histories) {
      expect(items.map(({ version }) => version)).toEqual(items.map((_, at) => at + 1));
      expect(items.filter(({ operation }) => operation.done)).toHaveLength(1);
    }
    const lostOnes = histories.filter(({ items }) => items.some(({ detail }) => detail?.reason === 'worker_lost'));
    expect(lostOnes.length).toBeGreaterThan(0);
    expect((await second.kill('SIGTERM')).code).toBe(0);
    await expectTheBooksToAgree(
      started.map(({ id, paymentMethod }) => ({ id, charged: CHARGE_ENDINGS[paymentMethod] === 'success' })),
    );
  });

  async function expectTheBooksToAgree(expected: { id: string; charged: boolean }[]): Promise<void> {
    const postgres = await startEmbeddedPostgres({ dataDir: folder.path });
    const client = new pg.Client(postgres.url);
    await client.connect();
    const { rows } = await client.query<{ id: string }>(
      `SELECT idempotency_key AS id FROM sandbox.charge WHERE outcome = 'charged'`,
    );
    await client.end();
    await postgres.stop();
    expect(rows.map(({ id }) => id).sort()).toEqual(
      expected
        .filter(({ charged }) => charged)
        .map(({ id }) => id)
        .sort(),
    );
  }
});

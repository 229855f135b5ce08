import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@outcome/client';
import { CHARGE_ENDINGS, methodOf } from '../support/charge-endings.js';
import { nodeOf } from '../support/cluster-nodes.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ServiceProcess } from '../support/service-process.js';

const EACH = 15;
const TRANSPORTS = ['socket', 'sse', 'wait', 'poll'] as const;
/** All workers at once, each role twice, and a node that has just come back. */
const KILLED = [['worker 1', 'worker 2'], ['api 1'], ['api 2', 'worker 2'], ['api 1'], ['worker 1']];
/** So many attempts are under way when the first are killed. */
const UNDER_WAY = 4;

describe('two nodes with the role api and two with the role worker, behind a load balancer', () => {
  let data: TestDatabase;
  let cluster: ServiceProcess;
  beforeAll(async () => {
    data = await createDatabase();
    cluster = ServiceProcess.spawnCluster({ DATABASE_URL: data.url, SANDBOX_LATENCY_MS: '2000', RETRY_BASE_MS: '50' });
    await cluster.ready();
  });
  afterAll(async () => {
    expect((await cluster.kill('SIGTERM')).code).toBe(0);
    await data.drop();
  });

  test('end each charge once, and tell each client every version of it, whichever nodes are killed', async () => {
    const url = await cluster.ready();
    const clients = TRANSPORTS.map((transport) => createClient({ url, transports: [transport] }));
    const killing = killNodes();
    const following = clients.flatMap((client, number) =>
      Array.from({ length: EACH }, async (_, at) => {
        // Starts are spread over the time in which nodes are killed.
        await pause(at * 1000);
        const paymentMethod = methodOf(at);
        const input = { amount: 100 + at, currency: 'EUR' as const, paymentMethod, orderId: `${number} ${at}` };
        const { id } = await client.start('payment.charge', input);
        const versions: number[] = [];
        let status = '';
        for await (const operation of client.watch(id)) {
          versions.push(operation.version);
          status = operation.status;
        }
        return { id, paymentMethod, status, versions };
      }),
    );
    const followed = await Promise.all(following);
    await killing;
    clients.forEach((client) => client.close());

    for (const { paymentMethod, status, versions } of followed) {
      expect({ paymentMethod, status }).toEqual({ paymentMethod, status: CHARGE_ENDINGS[paymentMethod] });
      expect(versions).toEqual(versions.map((_, at) => at + 1));
    }
    const { rows } = await data.client.query<{ id: string; endings: number; charges: number }>(
      `SELECT id,
         (SELECT count(*)::int FROM operation_event WHERE operation_id = operation.id
           AND type = ANY ('{operation.succeeded,operation.failed,operation.canceled,operation.expired}')) AS endings,
         (SELECT count(*)::int FROM sandbox.charge
           WHERE idempotency_key = operation.id::text AND outcome = 'charged') AS charges
       FROM operation ORDER BY id`,
    );
    const expected = followed.map(({ id, status }) => ({ id, endings: 1, charges: status === 'success' ? 1 : 0 }));
    expect(rows).toEqual(expected.sort((one, other) => (one.id < other.id ? -1 : 1)));
    const { rows: lost } = await data.client.query(
      `SELECT FROM operation_event WHERE detail->>'reason' = 'worker_lost' LIMIT 1`,
    );
    expect(lost).toHaveLength(1);
  });

  /** Kills each of the given nodes, and goes on when all start again. */
  async function killNodes(): Promise<void> {
    while ((await underWay()) < UNDER_WAY) await pause(50);
    for (const names of KILLED) {
      await Promise.all(names.map((name) => nodeOf(cluster, name).restart('SIGKILL')));
      await pause(1500);
    }
  }

  async function underWay(): Promise<number> {
    const { rows } = await data.client.query<{ count: number }>(
      `SELECT count(*)::int FROM operation WHERE status = 'processing'`,
    );
    return rows[0]?.count ?? 0;
  }
});

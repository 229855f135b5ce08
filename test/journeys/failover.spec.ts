import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { SECONDS } from '../../src/time/durations.js';
import type { TestDatabase } from '../support/databases.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { MortalPostgres } from '../support/mortal-postgres.js';
import { eventually, Service } from '../support/service.js';

// Making two clusters is slow on a busy machine.
jest.setTimeout(120 * SECONDS);

const CHARGE = { kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } };

describe('a failover to a synchronous standby', () => {
  let primary: MortalPostgres;
  let standby: MortalPostgres;
  let line: LineToDatabase;
  let services: [Service, Service];
  /** What the clients got: the operation of each key that was accepted. */
  let accepted: Map<string, string>;
  let refused: Set<string>;
  let clients: { stop(): Promise<void> };

  beforeEach(async () => {
    [primary, standby] = await MortalPostgres.startPair();
    line = await LineToDatabase.to(primary);
    const start = () =>
      Service.start({ JOB_LOCK_MS: '3000', DATABASE_TIMEOUT_MS: '2000' }, { url: line.url } as TestDatabase);
    services = [await start(), await start()];
    accepted = new Map();
    refused = new Set();
    clients = startCharges();
    await eventually(async () => accepted.size > 50);
  });
  afterEach(async () => {
    await clients.stop();
    await Promise.all(services.map((service) => service.stop()));
    await line.cut();
    await standby.kill();
    await primary.remove();
  });

  const accept = async (service: Service, key: string) => {
    const { status, body } = await service.post('/api/operations', CHARGE, { 'Idempotency-Key': key });
    if (status === 202 || status === 200) return body.id;
    refused.add(`${status} ${(body as { code?: string }).code}`);
    return undefined;
  };

  /** Each client charges, repeats under the same key what was refused, and reads at the other process what was not. */
  function startCharges() {
    let stopping = false;
    const client = async (own: Service, other: Service) => {
      while (!stopping) {
        const key = randomUUID();
        const id = await eventually(async () => (await accept(own, key)) ?? stopping);
        if (id === true) return;
        accepted.set(key, id);
        const { status } = await other.get(`/api/operations/${id}`);
        if (status !== 200) refused.add(`read ${status}`);
      }
    };
    const [one, two] = services;
    const all = Promise.all([client(one, two), client(two, one), client(one, two), client(two, one)]);
    return {
      stop: async () => {
        stopping = true;
        await all;
      },
    };
  }

  const promote = async () => {
    await standby.query('SELECT pg_promote()');
    line.leadTo(standby);
    const before = accepted.size;
    await eventually(async () => accepted.size > before + 50);
    await clients.stop();
  };

  const expectEachOnce = async () => {
    const again = await Promise.all([...accepted.keys()].map((key) => accept(services[0], key)));
    expect(again).toEqual([...accepted.values()]);
    const endings = await Promise.all([...accepted.values()].map((id) => services[0].ending(id)));
    expect(new Set(endings.map(({ status }) => status))).toEqual(new Set(['success']));
    const charges = await standby.query<{ key: string }>(
      `SELECT idempotency_key AS key FROM sandbox.charge WHERE outcome = 'charged' ORDER BY 1`,
    );
    expect(charges.map(({ key }) => key)).toEqual([...accepted.values()].sort());
  };

  test('keeps what was accepted before the primary was killed, and charges it once', async () => {
    await primary.kill();
    await eventually(async () => refused.size > 0);
    await promote();

    expect([...refused].filter((each) => !/^(503 storage_unavailable|read 503)$/.test(each))).toEqual([]);
    await expectEachOnce();
  });

  test('leaves no connection at a former primary that takes no writes any more', async () => {
    await primary.query('ALTER SYSTEM SET default_transaction_read_only = on');
    await primary.query('SELECT pg_reload_conf()');
    // An idle session learns of it with its next statement, which may be a read after the promotion.
    await primary.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'outcome\\_%'`);
    await eventually(async () => refused.size > 0);
    const { status } = await services[0].get('/health/ready');
    await promote();

    expect(status).toBe(503);
    expect([...refused]).toEqual(['503 storage_unavailable']);
    await expectEachOnce();
    await eventually(async () => {
      const left = await primary.query(`SELECT FROM pg_stat_activity WHERE usename LIKE 'outcome\\_%'`);
      return left.length === 0;
    });
  });
});

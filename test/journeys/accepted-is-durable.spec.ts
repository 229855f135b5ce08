import { EventBus } from '@nestjs/cqrs';
import { Service, eventually } from '../support/service.js';
import { jobs, stored } from '../support/work.js';

const FAULTS = {
  'the operation cannot be stored': 'TRIGGER refuse BEFORE INSERT ON operation',
  'its event cannot be stored': 'TRIGGER refuse BEFORE INSERT ON operation_event',
  'its job cannot be added': 'TRIGGER refuse BEFORE INSERT ON bullmq.job',
  'the commit fails, after both were written':
    'CONSTRAINT TRIGGER refuse AFTER INSERT ON operation DEFERRABLE INITIALLY DEFERRED',
};
const DISK_FULL = `$$ BEGIN RAISE 'no room' USING ERRCODE = '53100'; END $$`;

describe('accepting an operation', () => {
  let service: Service;
  // Without a worker, jobs keep their state.
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());
  beforeEach(() => service.database.client.query('TRUNCATE operation, operation_event, bullmq.job CASCADE'));

  const count = async (table: string) =>
    Number((await service.database.client.query(`SELECT count(*) FROM ${table}`)).rows[0].count);
  const everything = async () => [await count('operation'), await count('operation_event'), await count('bullmq.job')];

  test('stores it together with its first event and the job that will run it', async () => {
    const { id } = await service.charge();
    const operation = await stored(service, id);
    expect(operation).toMatchObject({ status: 'pending', version: 1, fence: 0, attempts: 0 });
    expect(await jobs(service)).toMatchObject([
      { id: operation?.job_id, state: 'waiting', data: { operationIds: [id] } },
    ]);
    expect(await service.history(id)).toMatchObject([
      { version: 1, type: 'operation.started', operation: { status: 'pending' } },
    ]);
  });

  test.each(Object.entries(FAULTS))(
    'leaves neither a row nor a job if %s, notifies no client, and asks for a retry',
    async (_, fault) => {
      const published: unknown[] = [];
      const bus = service.outcome.app.get(EventBus, { strict: false });
      const subscription = bus.subscribe((event) => published.push(event));
      await service.database.client.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS ${DISK_FULL}`);
      await service.database.client.query(`CREATE ${fault} FOR EACH ROW EXECUTE FUNCTION refuse()`);
      const refused = await service.start('payment.charge', {
        amount: 1999,
        currency: 'EUR',
        paymentMethod: 'pm_card_visa',
      });
      expect(refused).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
      expect([published.length, ...(await everything())]).toEqual([0, 0, 0, 0]);

      await service.database.client.query('DROP FUNCTION refuse CASCADE');
      await service.charge();
      expect([published.length, ...(await everything())]).toEqual([1, 1, 1, 1]);
      subscription.unsubscribe();
    },
  );

  test('leaves neither if the connection breaks half-way, and the next one is accepted', async () => {
    const { client } = service.database;
    await client.query('BEGIN');
    await client.query('LOCK TABLE bullmq.job IN ACCESS EXCLUSIVE MODE');
    const starting = service.start('payment.charge', { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' });
    // By now the row is written, and the job waits for the lock.
    const stuck = `SELECT pid FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database
      WHERE datname = current_database())`;
    const pid = await eventually(async () => (await client.query<{ pid: number }>(stuck)).rows[0]?.pid);
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await starting).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
    await client.query('ROLLBACK');
    expect(await everything()).toEqual([0, 0, 0]);

    await service.charge();
    expect(await everything()).toEqual([1, 1, 1]);
  });

  test('with one idempotency key at the same instant stores one', async () => {
    const headers = { 'Idempotency-Key': 'order-1' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => service.charge('pm_card_visa', { headers })));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await everything()).toEqual([1, 1, 1]);
  });
});

describe('a durable commit', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start()));
  afterAll(() => service.stop());

  test('stores every step of an operation before a provider is called or a client is answered', async () => {
    const { client } = service.database;
    await client.query(`
      CREATE TABLE noted (operation_id uuid, type text, setting text);
      GRANT INSERT ON noted TO PUBLIC;
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO noted VALUES (new.operation_id, new.type, current_setting('synchronous_commit'));
          RETURN new; END $$;
      CREATE TRIGGER note BEFORE INSERT ON operation_event FOR EACH ROW EXECUTE FUNCTION note()`);
    const { id } = await service.charge('pm_sandbox_charged_answer_lost');
    await service.ending(id);
    const { rows } = await client.query('SELECT type, setting FROM noted WHERE operation_id = $1', [id]);
    expect(rows).toEqual([
      { type: 'operation.started', setting: 'on' },
      { type: 'operation.processing', setting: 'on' },
      { type: 'operation.reconciling', setting: 'on' },
      { type: 'operation.succeeded', setting: 'on' },
    ]);
  });
});

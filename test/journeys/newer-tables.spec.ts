import { NewerTables } from '../../src/database/newer-tables.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { eventually, Service } from '../support/service.js';

interface Health {
  checks: Record<string, { status: string; message?: string }>;
}

describe('where a newer version has migrated the database', () => {
  let database: TestDatabase;
  beforeEach(async () => void (database = await createDatabase()));
  afterEach(() => database.drop());

  const migrated = (name: string) =>
    database.client.query('INSERT INTO migration (timestamp, name) VALUES (4000000000000, $1)', [name]);

  test('this one works if that has only added', async () => {
    await migrated('AddSomething4000000000000');
    const service = await Service.start({}, database);
    const { status } = await service.ending((await service.charge()).id);
    await eventually(async () => (await service.get('/health/ready')).status === 200);
    await service.stop();

    expect(status).toBe('success');
  });

  test('this one does not start if that has taken something away, and says what to do', async () => {
    await migrated('BreakSomething4000000000000');
    const error = await Service.start({}, database).then(
      (service) => service.stop(),
      (reason: unknown) => reason,
    );

    expect(error).toBeInstanceOf(NewerTables);
    expect((error as Error).message).toMatch(/\(BreakSomething4000000000000\).* Start the newer one again, or restore/);
  });

  test('one that runs is no longer ready once something is taken away', async () => {
    const service = await Service.start({}, database);
    await migrated('BreakSomething4000000000000');
    const { status, body } = await eventually(async () => {
      const answer = await service.get<Health>('/health/ready');
      return answer.body.checks.migrations?.status === 'error' && answer;
    });
    await service.stop();

    expect(status).toBe(503);
    expect(body.checks.migrations?.message).toContain('A newer version has changed the tables');
  });
});

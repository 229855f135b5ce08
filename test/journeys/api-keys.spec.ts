import { bearer, createKey, keysCommand } from '../support/api-keys.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { type Problem, Service } from '../support/service.js';

const KEY = /^oc_(live|test)_[0-9a-z]{12}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$/;

const idOf = (key: string) => key.split('_')[2] ?? '';

const ALL_OF_A_SHOP = 'operations:start,operations:read';

describe('API keys', () => {
  let database: TestDatabase;
  let service: Service;
  let other: Service;
  const closed = { AUTH_MODE: 'keys' };
  const cli = (...args: string[]) => keysCommand(args, { DATABASE_URL: database.url });

  beforeAll(async () => {
    database = await createDatabase();
    service = await Service.start(closed, database);
    other = await Service.start(closed, database);
  });
  afterAll(async () => {
    await Promise.all([service.stop(), other.stop()]);
    await database.drop();
  });

  async function made(...args: string[]): Promise<string> {
    const { code, out, err } = await cli('create', '--owner', 'shop@example.com', ...args);
    expect([code, err.split('\n')[0]]).toEqual([0, 'Keep it now: it is shown this once.']);
    expect(out).toMatch(KEY);
    return out;
  }

  const list = (key?: string) => service.get<Problem>('/api/operations', key === undefined ? {} : bearer(key));

  test('a key made on the command line starts an operation and sees how it ends', async () => {
    const key = await made('--scopes', ALL_OF_A_SHOP, '--live');
    expect(key).toMatch(/^oc_live_/);
    const headers = { ...bearer(key), Prefer: 'wait=30' };
    const { body } = await service.start('demo.countdown', { seconds: 1 }, { headers });
    expect(body.status).toBe('success');
    expect((await service.get(`/api/operations/${body.id}`, bearer(key))).body).toEqual(body);
    const { body: caller } = await service.get<object>('/api/caller', bearer(key));
    expect(caller).toMatchObject({ access: 'closed', accepts: ['keys'], caller: { name: `key ${idOf(key)}` } });
  });

  test('a request without a key, with a wrong one or a mistyped one is refused', async () => {
    const key = await made('--scopes', ALL_OF_A_SHOP);
    const { key: foreign } = await createKey(other, ['operations:read']);
    const forged = foreign.replace(idOf(foreign), idOf(key));
    const mistyped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    expect((await list()).body.code).toBe('credentials_missing');
    for (const wrong of [mistyped, forged, 'oc_live_', 'something'])
      expect([wrong, (await list(wrong)).body.code]).toEqual([wrong, 'credentials_invalid']);
    expect((await list(key)).status).toBe(200);
  });
});

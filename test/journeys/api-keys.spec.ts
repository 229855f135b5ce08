import { jest } from '@jest/globals';
import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import type { Socket } from 'socket.io-client';
import { ONLY_TENANT } from '../../src/access/caller.js';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { REMEMBERED_FOR } from '../../src/access/keys/known-keys.js';
import { ALL_SCOPES } from '../../src/access/scopes.js';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import { HOURS, MINUTES, SECONDS } from '../../src/time/durations.js';
import { bearer, createKey, keysCommand } from '../support/api-keys.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { holdTime } from '../support/held-time.js';
import { holdClock } from '../support/maintenance.js';
import { type DataFolder, dataFolder, ServiceProcess } from '../support/service-process.js';
import { eventually, type Problem, Service } from '../support/service.js';

const KEY = /^oc_(live|test)_[0-9a-z]{12}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$/;

interface ShownKey {
  id: string;
  key: string;
  scopes: string[];
  revokedAt: string | null;
}

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
  afterEach(() => jest.restoreAllMocks());
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
    const { body: seen } = await service.get(`/api/operations/${body.id}`, bearer(key));
    expect(body).toEqual({ ...seen, watchToken: expect.any(String) });
    const { body: caller } = await service.get<object>('/api/caller', bearer(key));
    expect(caller).toMatchObject({ access: 'closed', accepts: ['keys'], caller: { name: `key ${idOf(key)}` } });
  });

  test('a request without a key, with a wrong one or a mistyped one is refused', async () => {
    const { record, key } = await createKey(service, ['operations:read']);
    const { key: foreign } = await createKey(other, ['operations:read']);
    const forged = foreign.replace(idOf(foreign), record.id);
    const mistyped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    expect((await list()).body.code).toBe('credentials_missing');
    for (const wrong of [mistyped, forged, 'oc_live_', 'something'])
      expect([wrong, (await list(wrong)).body.code]).toEqual([wrong, 'credentials_invalid']);
    expect((await list(key)).status).toBe(200);
  });

  test('a key with a right form and id, and another secret, is refused', async () => {
    const { record, key } = await createKey(service, ['operations:read']);
    await database.client.query(`UPDATE api_key SET hash = sha256('another') WHERE id = $1`, [record.id]);
    expect((await list(key)).body.code).toBe('credentials_invalid');
  });

  test('a key follows an operation by event stream, Socket.IO and SignalR, and without it none is followed', async () => {
    const { key, headers } = await createKey(service, ['operations:start', 'operations:read']);
    const { body: operation } = await service.start('demo.countdown', { seconds: 1 }, { headers });
    const stream = (given: Record<string, string>) =>
      fetch(`${service.url}/api/operations/${operation.id}/events`, {
        headers: { Accept: 'text/event-stream', ...given },
      });
    expect((await stream({})).status).toBe(401);
    expect(await (await stream(headers)).text()).toContain('operation.succeeded');

    const join = (socket: Socket) =>
      socket.timeout(20_000).emitWithAck('join', { operationId: operation.id }) as Promise<Acknowledgement>;
    expect(await join(service.socket({ auth: { token: key } }))).toMatchObject({ ok: true });
    expect(await join(service.socket())).toMatchObject({ ok: false, problem: { code: 'credentials_missing' } });

    const follow = async (token: string) => {
      const hub = new HubConnectionBuilder()
        .withUrl(`${service.url}/hubs/operations`, { accessTokenFactory: () => token })
        .configureLogging(LogLevel.None)
        .build();
      try {
        await hub.start();
        return await hub.invoke('Join', operation.id, 0);
      } finally {
        await hub.stop();
      }
    };
    expect(await follow(key)).toMatchObject({ operation: { id: operation.id } });
    await expect(follow('')).rejects.toThrow('credentials_missing');
  });

  test('a key does what its scopes allow, and nothing else', async () => {
    const reader = await createKey(service, ['operations:read']);
    expect((await service.start('demo.countdown', { seconds: 1 }, { headers: reader.headers })).status).toBe(403);
  });

  test('a key never makes keys', async () => {
    const { out, err, code } = await cli('create', '--scopes', 'keys:manage', '--owner', 'x');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('A key is never granted keys:manage');
    await expect(createKey(service, ['keys:manage'])).rejects.toThrow('api_key_makes_no_keys');
    const { record, headers } = await createKey(
      service,
      ALL_SCOPES.filter((scope) => scope !== 'keys:manage'),
    );
    await database.client.query(`ALTER TABLE api_key DROP CONSTRAINT api_key_makes_no_keys`);
    try {
      await database.client.query(`UPDATE api_key SET scopes = scopes || '{keys:manage}' WHERE id = $1`, [record.id]);
      expect((await service.get('/api/keys', headers)).status).toBe(403);
    } finally {
      await database.client.query(`UPDATE api_key SET scopes = array_remove(scopes, 'keys:manage')`);
      await database.client.query(
        `ALTER TABLE api_key ADD CONSTRAINT api_key_makes_no_keys CHECK (NOT 'keys:manage' = ANY (scopes))`,
      );
    }
  });

  test('a key ends when it expires', async () => {
    const { headers } = await createKey(service, ['operations:read'], { expiresInMs: 1 * HOURS });
    const clock = holdClock(service);
    clock.aheadMs = 1 * HOURS - 1 * MINUTES;
    expect((await service.get('/api/operations', headers)).status).toBe(200);
    clock.aheadMs = 1 * HOURS;
    const { status, body } = await service.get<Problem>('/api/operations', headers);
    clock.aheadMs = 0;
    expect([status, body.code]).toEqual([401, 'credentials_expired']);
  });

  test('a key that is revoked is refused by all processes at once', async () => {
    const { record, headers } = await createKey(service, ['operations:read']);
    const statuses = async () =>
      Promise.all([service, other].map(async (node) => (await node.get('/api/operations', headers)).status));
    // Without the announcement, both would remember it for 5 s, which do not pass.
    holdTime();
    expect(await statuses()).toEqual([200, 200]);
    await service.outcome.app.get(ApiKeys, { strict: false }).revoke(record.id, { name: 'a test' });
    await eventually(async () => (await statuses()).join() === '401,401');
  });

  test('a revocation whose announcement is lost is obeyed after 5 s', async () => {
    const { record, headers } = await createKey(service, ['operations:read']);
    const time = holdTime();
    expect((await service.get('/api/operations', headers)).status).toBe(200);
    await database.client.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [record.id]);
    expect((await service.get('/api/operations', headers)).status).toBe(200);
    time.ms += REMEMBERED_FOR + 1;
    expect(REMEMBERED_FOR).toBe(5 * SECONDS);
    await eventually(async () => (await service.get('/api/operations', headers)).status === 401);
  });

  test('a rolled key works beside its successor until the overlap ends', async () => {
    const first = await createKey(service, ['operations:read']);
    const { code, out, err } = await cli('roll', first.record.id, '--overlap', '12h');
    expect([code, out]).toEqual([0, expect.stringMatching(KEY)]);
    expect(err).toContain(`The former key ${first.record.id} works until`);
    expect((await list(first.key)).status).toBe(200);
    expect((await list(out)).status).toBe(200);

    const keys = service.outcome.app.get(ApiKeys, { strict: false });
    const by = { name: 'a test' };
    const third = await keys.roll(idOf(out), 0, by);
    expect(third.former.revokedAt).not.toBeNull();
    await eventually(async () => (await list(out)).status === 401);
    expect((await list(third.key)).status).toBe(200);
    await expect(keys.roll(idOf(out), 0, by)).rejects.toThrow('was revoked or has expired');
    const foreign = { name: 'a test', tenant: '01997b1c-8e58-4cc3-9b4e-3f1a5d2c6b70' };
    await expect(keys.roll(third.record.id, 0, foreign)).rejects.toThrow('There is no API key');
    await expect(keys.revoke(third.record.id, foreign)).rejects.toThrow('There is no API key');
  });

  test('the last use is stored, once a minute', async () => {
    const { record, headers } = await createKey(service, ['operations:read']);
    const lastUse = async () => {
      const sql = 'SELECT last_used_at AS at, xmin::text FROM api_key WHERE id = $1';
      const { rows } = await database.client.query<{ at: Date | null; xmin: string }>(sql, [record.id]);
      return rows[0];
    };
    expect(await lastUse()).toMatchObject({ at: null });
    await service.get('/api/operations', headers);
    const first = await eventually(async () => {
      const found = await lastUse();
      return found?.at && found;
    });
    for (const node of [service, other, service]) await node.get('/api/operations', headers);
    expect(await lastUse()).toEqual(first);
  });

  test('the key itself is nowhere in the database', async () => {
    const { key } = await createKey(service, ['operations:read']);
    await list(key);
    const { rows } = await database.client.query<{ row: string }>('SELECT to_jsonb(k)::text AS row FROM api_key AS k');
    const secret = key.split('_')[3]!;
    expect(rows.filter(({ row }) => row.includes(secret))).toEqual([]);
  });

  test('a tenant is made with its first key, and has keys of its own', async () => {
    const options = ['--scopes', 'operations:read', '--owner', 'x', '--tenant', 'books'];
    const { code, err } = await cli('create', ...options);
    expect([code, err]).toEqual([2, expect.stringContaining('There is no tenant "books"')]);
    const key = await made('--scopes', 'operations:read', '--tenant', 'books', '--create-tenant');
    const { body } = await service.get<{ caller: { tenant: string } }>('/api/caller', bearer(key));
    expect(body.caller.tenant).not.toBe(ONLY_TENANT);
    const { out } = await cli('list', '--tenant', 'books');
    const [header, ...rows] = out.split('\n');
    expect(header).toMatch(/^id +mode +tenant/);
    expect(rows).toEqual([expect.stringMatching(new RegExp(`^${idOf(key)} +test +books +shop@example.com`))]);
  });
});

describe('where access is open, which a JWT with keys:manage also is', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start()));
  afterAll(() => service.stop());

  test('keys are made, listed, rolled and revoked by HTTP', async () => {
    const given = { scopes: ['operations:read'], owner: 'shop', mode: 'live', expiresIn: 3600 };
    const { status, body: made } = await service.post<ShownKey>('/api/keys', given);
    expect([status, made]).toEqual([
      201,
      expect.objectContaining({ key: expect.stringMatching(KEY), owner: 'shop', mode: 'live', createdBy: 'anyone' }),
    ]);
    const { status: rolled, body: second } = await service.post<ShownKey>(`/api/keys/${made.id}/roll`, { overlap: 60 });
    expect([rolled, second.scopes]).toEqual([201, given.scopes]);
    const { body: revoked } = await service.post<ShownKey>(`/api/keys/${made.id}/revoke`, undefined);
    const page = await service.get<{ items: ShownKey[]; nextCursor: string }>('/api/keys?limit=1');
    expect(page.body.items.map(({ id }) => id)).toEqual([second.id]);
    const { body: last } = await service.get<{ items: ShownKey[]; nextCursor: null }>(
      `/api/keys?limit=1&cursor=${page.body.nextCursor}`,
    );
    expect(last).toEqual({ items: [revoked], nextCursor: null });
    expect(revoked.revokedAt).toMatch(/Z$/);
    expect(JSON.stringify(last)).not.toContain(made.key);
  });

  test.each([
    [{ scopes: ['keys:manage'], owner: 'x' }, 422, 'invalid_body'],
    [{ scopes: ['operations:everything'], owner: 'x' }, 422, 'invalid_body'],
    [{ scopes: ['toString'], owner: 'x' }, 422, 'invalid_body'],
    [{ scopes: [], owner: 'x' }, 422, 'invalid_body'],
    [{ scopes: ['operations:read'] }, 422, 'invalid_body'],
  ])('%j is refused', async (body, status, code) => {
    expect(await service.post<Problem>('/api/keys', body)).toMatchObject({ status, body: { code } });
  });

  test('an unknown key is neither rolled nor revoked', async () => {
    for (const act of ['roll', 'revoke'])
      expect(await service.post<Problem>(`/api/keys/0f3k2m9x1q7z/${act}`, {})).toMatchObject({
        status: 404,
        body: { code: 'api_key_not_found' },
      });
  });
});

describe('the command line on the embedded database', () => {
  let folder: DataFolder;
  beforeAll(async () => void (folder = await dataFolder()));
  afterAll(() => folder.remove());

  test('makes a key before the first start, and revokes it while the service runs', async () => {
    const env = { DATA_DIR: folder.path };
    const TOKEN_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
    const { code, out: key } = await keysCommand(['create', '--scopes', 'operations:read', '--owner', 'me'], env);
    expect([code, key]).toEqual([0, expect.stringMatching(KEY)]);
    const service = ServiceProcess.spawn({ ...env, AUTH_MODE: 'keys', TOKEN_KEYS });
    const url = await service.ready();
    const status = async () => (await fetch(`${url}/api/operations`, { headers: bearer(key) })).status;
    expect(await status()).toBe(200);
    expect(await keysCommand(['revoke', idOf(key)], env)).toMatchObject({ code: 0 });
    await eventually(async () => (await status()) === 401);
    expect((await service.kill('SIGTERM')).code).toBe(0);
  });
});

import { once } from 'node:events';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import type { auditEventList } from '../../src/access/audit/audit.contract.js';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { Tenants } from '../../src/access/tenants/tenants.js';
import { bearer, createKey, type TestKey } from '../support/api-keys.js';
import { eventually, Service } from '../support/service.js';

type Page = z.output<typeof auditEventList>;
type Event = Page['items'][number];

describe('the audit trail', () => {
  let service: Service;
  let auditor: TestKey;
  let shop: TestKey;
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys', WEBHOOK_ALLOW_PRIVATE: 'true' });
    auditor = await createKey(service, ['audit:read']);
    shop = await createKey(service, [
      'operations:start',
      'operations:read',
      'operations:cancel',
      'operations:inspect',
      'operations:resolve',
      'webhooks:manage',
    ]);
  });
  afterAll(() => service.stop());

  const trail = async (query = '', by = auditor) => (await service.get<Page>(`/api/audit${query}`, by.headers)).body;
  const about = async (subject: string): Promise<Event[]> =>
    (await trail('?limit=100')).items.filter((event) => event.subject === subject);
  const actor = ({ record }: TestKey) => `key ${record.id}`;

  test('tells which key was made, rolled and revoked, by whom, and no secret', async () => {
    const keys = service.outcome.app.get(ApiKeys, { strict: false });
    const { record, key } = await createKey(service, ['operations:read'], { owner: 'books' });
    const successor = await keys.roll(record.id, 60_000, { name: 'ops', requestId: 'r-1' });
    await keys.revoke(record.id, { name: 'ops' });
    await keys.revoke(record.id, { name: 'ops' });

    expect(await about(`key ${record.id}`)).toMatchObject([
      { action: 'key.revoked', actor: 'ops', requestId: null },
      {
        action: 'key.rolled',
        actor: 'ops',
        requestId: 'r-1',
        detail: { successor: successor.record.id, overlapSeconds: 60 },
      },
      { action: 'key.created', actor: 'a test', detail: { scopes: ['operations:read'], owner: 'books' } },
    ]);
    const all = JSON.stringify(await trail('?limit=100'));
    for (const shown of [key, successor.key]) expect(all).not.toContain(shown.split('_')[3]);
  });

  test('tells who canceled, inspected and resolved an operation, but not who started or read it', async () => {
    const { headers } = shop;
    const { body: operation } = await service.start('demo.countdown', { seconds: 60 }, { headers });
    await service.get(`/api/operations/${operation.id}`, headers);
    await service.post(`/api/operations/${operation.id}/cancel`, undefined, headers);
    await service.get(`/api/operations/${operation.id}/inspection`, { ...headers, 'X-Request-Id': 'look-1' });
    const resolution = { by: 'ann', reason: 'seen there', outcome: { status: 'failed' } };
    await service.post(`/api/operations/${operation.id}/resolve`, resolution, headers);

    expect(await about(`operation ${operation.id}`)).toMatchObject([
      {
        action: 'operation.resolve_requested',
        actor: actor(shop),
        detail: { by: 'ann', reason: 'seen there', status: 'failed' },
      },
      { action: 'operation.inspected', actor: actor(shop), requestId: 'look-1' },
      { action: 'operation.cancel_requested', actor: actor(shop) },
    ]);
  });

  test('tells who was shown the secret of a webhook endpoint', async () => {
    const { headers } = shop;
    const { body } = await service.post<{ id: string; secret: string }>(
      '/api/webhook-endpoints',
      { url: 'http://127.0.0.1:9/webhooks' },
      headers,
    );
    const rotated = await service.post<{ secret: string }>(
      `/api/webhook-endpoints/${body.id}/rotate-secret`,
      undefined,
      headers,
    );
    const shown = { action: 'webhook_secret.shown', actor: actor(shop) };
    expect(await about(`webhook endpoint ${body.id}`)).toMatchObject([shown, shown]);
    const all = JSON.stringify(await trail('?limit=100'));
    for (const { secret } of [body, rotated.body]) expect(all).not.toContain(secret);
  });

  test('tells of refused attempts, each once a minute', async () => {
    const id = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
    const attempts = [
      ['POST', `/api/operations/${id}/resolve`, 'POST /api/operations/:id/resolve', 'operations:resolve'],
      ['POST', `/api/operations/${id}/cancel`, 'POST /api/operations/:id/cancel', 'operations:cancel'],
      ['POST', '/api/keys', 'POST /api/keys', 'keys:manage'],
    ] as const;
    for (const [method, path, subject, scope] of attempts) {
      for (const headers of [auditor.headers, auditor.headers, {}, {}] as Record<string, string>[])
        await service.request(method, path.replace(id, uuidv7()), { headers });
      const refused = await eventually(async () => {
        const found = await about(subject);
        return found.length >= 2 && found;
      });
      expect(refused.map((event) => [event.action, event.actor, event.detail['scope'], event.detail['code']])).toEqual([
        ['access.refused', 'somebody without credentials', scope, 'credentials_missing'],
        ['access.refused', actor(auditor), scope, 'scope_missing'],
      ]);
    }
  });

  test('tells once that an ended key is still used, on a route or a socket, and nothing of who knows its id alone', async () => {
    const keys = service.outcome.app.get(ApiKeys, { strict: false });
    const revoked = await createKey(service, ['operations:read']);
    const expired = await createKey(service, ['operations:read'], { expiresInMs: 1 });
    const guessed = await createKey(service, ['operations:read']);
    for (const { record } of [revoked, guessed]) await keys.revoke(record.id, { name: 'ops' });
    await eventually(async () => (await service.get('/api/operations', revoked.headers)).status === 401);
    await service.get('/api/operations', revoked.headers);
    const other = await createKey(service, ['operations:read']);
    const forged = other.key.replace(other.record.id, guessed.record.id);
    expect((await service.get('/api/operations', bearer(forged))).status).toBe(401);
    const socket = service.socket({ reconnection: false, auth: { token: expired.key } });
    await once(socket as never, 'connect_error');

    const refusedOf = async (key: TestKey) =>
      (await about(actor(key))).filter(({ action }) => action === 'access.refused');
    const seen = await eventually(async () => {
      const found = [await refusedOf(revoked), await refusedOf(expired)];
      return found.every((each) => each.length > 0) && found;
    });
    const row = (key: TestKey, code: string, reason: string) => [
      expect.objectContaining({ actor: actor(key), detail: { code, reason } }),
    ];
    expect(seen).toEqual([
      row(revoked, 'credentials_invalid', 'revoked'),
      row(expired, 'credentials_expired', 'expired'),
    ]);
    expect(await refusedOf(guessed)).toEqual([]);
  });

  test('is read in pages, newest first, with the scope for it', async () => {
    const all = (await trail('?limit=100')).items;
    const found: Event[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await trail(`?limit=3${cursor && `&cursor=${cursor}`}`);
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(found).toEqual(all);
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    expect((await service.get('/api/audit', shop.headers)).status).toBe(403);
  });

  test('is that of one tenant', async () => {
    const tenants = service.outcome.app.get(Tenants, { strict: false });
    await tenants.create('books');
    const { id: tenant } = (await tenants.find('books'))!;
    const other = await createKey(service, ['audit:read'], { tenant });
    expect((await trail('', other)).items).toMatchObject([{ subject: actor(other), action: 'key.created' }]);
    expect(await about(actor(other))).toEqual([]);
    // Not even with a foreign cursor.
    const { items } = await trail();
    expect((await trail(`?cursor=${items[0]!.id}`, other)).items).toEqual([]);
  });

  test.each([
    `UPDATE audit_event SET actor = 'nobody'`,
    'DELETE FROM audit_event',
    'TRUNCATE audit_event',
    `INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT (id) DO UPDATE SET actor = 'nobody'`,
  ])('the database refuses %s, even to a superuser', async (statement) => {
    await expect(service.database.client.query(statement)).rejects.toThrow('The audit trail is only added to.');
  });

  test('no role but a superuser has the privilege to change it', async () => {
    const { rows } = await service.database.client.query(
      `SELECT privilege_type FROM pg_class, aclexplode(relacl) WHERE oid = 'audit_event'::regclass`,
    );
    const granted = rows.map(({ privilege_type: privilege }) => privilege);
    expect(granted).toEqual(expect.arrayContaining(['INSERT', 'SELECT']));
    for (const privilege of ['UPDATE', 'DELETE', 'TRUNCATE']) expect(granted).not.toContain(privilege);
  });

  test('what cannot be written down does not happen', async () => {
    const { body: operation } = await service.start('demo.countdown', { seconds: 2 }, { headers: { ...shop.headers } });
    await service.database.client.query('ALTER TABLE audit_event RENAME TO audit_event_away');
    try {
      const { status } = await service.post(`/api/operations/${operation.id}/cancel`, undefined, shop.headers);
      expect(status).toBe(500);
      const { body } = await service.get(`/api/operations/${operation.id}`, shop.headers);
      expect(body.status).not.toMatch(/cancel/);
    } finally {
      await service.database.client.query('ALTER TABLE audit_event_away RENAME TO audit_event');
    }
  });
});

import { jest } from '@jest/globals';
import { SignJWT } from 'jose';
import { Clock } from '../../src/clock/clock.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { HOURS } from '../../src/time/durations.js';
import { type Problem, Service } from '../support/service.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
const START = { kind: 'payment.charge', input: CHARGE, metadata: { order: 'A-1' } };
const keyOf = (byte: number) => Buffer.alloc(32, byte);
const [K1, K2] = [1, 2].map((byte) => `k${byte}:${keyOf(byte).toString('base64')}`) as [string, string];

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

interface Issued {
  startToken: string;
  expiresAt: string;
}

const tokenFor = async (service: Service, start: object = START) =>
  (await service.post<Issued>('/api/start-tokens', start)).body.startToken;

const startWith = <Body = OperationView>(service: Service, token: string, headers: Record<string, string> = {}) =>
  service.request<Body>('POST', '/api/operations', { headers: { ...bearer(token), ...headers } });

const partsOf = (token: string) =>
  token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];

describe('a start token', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ TOKEN_KEYS: K1 })));
  afterAll(() => service.stop());

  test('starts what the backend has decided, for a page that sends no body', async () => {
    const { status, body } = await service.post<Issued>('/api/start-tokens', START);
    expect(status).toBe(201);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(14 * 60_000);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThan(16 * 60_000);

    const started = await startWith(service, body.startToken);
    expect(started.status).toBe(202);
    expect(started.body).toMatchObject({ kind: 'payment.charge', metadata: { order: 'A-1' } });
    expect(await service.ending(started.body.id)).toMatchObject({ status: 'success', result: { amount: 1999 } });
  });

  test('starts one operation, however often it is sent, under whatever key', async () => {
    const token = await tokenFor(service);
    const first = await startWith(service, token);
    const again = await startWith(service, token, { 'Idempotency-Key': 'another' });
    const together = await Promise.all(Array.from({ length: 10 }, () => startWith(service, token)));
    await service.ending(first.body.id);

    expect([again.body.id, again.headers.get('idempotent-replayed')]).toEqual([first.body.id, 'true']);
    expect(new Set(together.map(({ body }) => body.id))).toEqual(new Set([first.body.id]));
    expect(await service.charges(first.body.id)).toBe(1);
  });

  test('takes a body that repeats it, and no other', async () => {
    const token = await tokenFor(service);
    const { body: first } = await service.post('/api/operations', START, bearer(token));
    expect(first.kind).toBe('payment.charge');

    for (const [field, other] of [
      ['input', { ...START, input: { ...CHARGE, amount: 1 } }],
      ['kind', { ...START, kind: 'demo.countdown' }],
      ['metadata', { ...START, metadata: {} }],
      ['expiresIn', { ...START, expiresIn: 60 }],
    ] as const) {
      const { status, body } = await service.post<Problem>('/api/operations', other, bearer(token));
      expect([status, body.code, body.errors]).toEqual([
        422,
        'invalid_body',
        [{ path: field, message: expect.stringContaining('expected the same as in the start token') as string }],
      ]);
    }
  });

  test('is refused to the backend if the start would be', async () => {
    for (const [start, code] of [
      [{ ...START, input: { ...CHARGE, amount: -1 } }, 'invalid_body'],
      [{ ...START, kind: 'payment.gift' }, 'unknown_kind'],
      [{ ...START, kind: 'payment.reversal' }, 'unknown_kind'],
      [
        { kind: 'payment.refund', input: { chargeOperationId: '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70' } },
        'charge_not_found',
      ],
      [{ ...START, input: { ...CHARGE, description: '4242 4242 4242 4242' } }, 'card_number_refused'],
    ] as const) {
      const { status, body } = await service.post<Problem>('/api/start-tokens', start);
      expect([status, body.code]).toEqual([422, code]);
    }
  });

  test('stays below 8 KB with the largest start, and none is made for a larger one', async () => {
    const filled = (bytes: number) => {
      const metadata = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`note ${at}`, 'é'.repeat(240)]));
      const start = { ...START, metadata: { ...metadata, rest: '' } };
      start.metadata.rest = 'x'.repeat(bytes - Buffer.byteLength(JSON.stringify(start)));
      return start;
    };
    const token = await tokenFor(service, filled(5500));
    expect(`Authorization: Bearer ${token}\r\n`.length).toBeLessThan(8192);
    expect((await startWith(service, token)).status).toBe(202);

    const { status, body } = await service.post<Problem>('/api/start-tokens', filled(5501));
    expect([status, body.code]).toEqual([422, 'invalid_body']);
    expect(body.errors?.[0]?.message).toContain('found 5501');
  });

  test('allows nothing else, even where access is open', async () => {
    const token = await tokenFor(service);
    for (const [method, path] of [
      ['GET', '/api/operations'],
      ['GET', '/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70'],
      ['POST', '/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70/cancel'],
      ['POST', '/api/start-tokens'],
      ['POST', '/api/startOperation'],
      ['GET', '/api/webhook-endpoints'],
    ] as const) {
      const { status, body } = await service.request<Problem>(method, path, { headers: bearer(token) });
      expect([path, status, body.code]).toEqual([path, 403, 'scope_missing']);
    }
  });

  test('cannot be changed, nor made by others', async () => {
    const token = await tokenFor(service);
    const [header, claims] = partsOf(token);
    const signed = (change: { header?: object; claims?: object; key?: Buffer }) =>
      new SignJWT({ ...claims, ...change.claims })
        .setProtectedHeader({ ...header, alg: 'HS256', ...change.header })
        .sign(change.key ?? keyOf(1));
    const encoded = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
    const [head = '', , signature = ''] = token.split('.');
    const cheaper = { ...claims, start: { ...START, input: { ...CHARGE, amount: 1 } } };
    const { aud: _, ...withoutAudience } = claims;
    const forged = {
      'another amount': [head, encoded(cheaper), signature].join('.'),
      'alg none': [encoded({ ...header, alg: 'none' }), encoded(cheaper), ''].join('.'),
      'alg none with a signature': [encoded({ ...header, alg: 'none' }), encoded(cheaper), signature].join('.'),
      'another algorithm': await signed({ header: { alg: 'HS512' }, key: Buffer.alloc(64, 1) }),
      'another key': await signed({ key: keyOf(9) }),
      'an unknown key': await signed({ header: { kid: 'k9' } }),
      'no key': await signed({ header: { kid: undefined } }),
      'a critical header': [encoded({ ...header, crit: ['exp'] }), encoded(claims), signature].join('.'),
      'another sort': await signed({ header: { typ: 'outcome-watch+jwt' } }),
      'no sort': await signed({ header: { typ: 'JWT' } }),
      'another audience': await signed({ claims: { aud: 'shop' } }),
      'no audience': await new SignJWT(withoutAudience).setProtectedHeader({ ...header, alg: 'HS256' }).sign(keyOf(1)),
      'another issuer': await signed({ claims: { iss: 'shop' } }),
      'no end': await signed({ claims: { exp: undefined } }),
      'no id': await signed({ claims: { jti: undefined } }),
      'no tenant': await signed({ claims: { ten: undefined } }),
    };
    for (const [how, credential] of Object.entries(forged)) {
      const { status, body } = await startWith<Problem>(service, credential);
      // What does not say that it is a start token is no credential in the mode open, and there is no body.
      expect([how, status, body.code]).toEqual([
        how,
        ...(['another sort', 'no sort'].includes(how) ? [400, 'malformed_json'] : [401, 'credentials_invalid']),
      ]);
    }
    const { status, body } = await startWith<Problem>(service, await signed({ claims: { exp: 1_700_000_000 } }));
    expect([status, body.code]).toEqual([401, 'credentials_expired']);
    expect(body.detail).toContain('2023-11-14T22:13:20.000Z');
    expect((await startWith(service, await signed({}))).status).toBe(202);
  });

  test('finds what it has started for a day after its end, and starts nothing more', async () => {
    const [used, unused] = [await tokenFor(service), await tokenFor(service)];
    const { body: first } = await startWith(service, used);
    await service.ending(first.id);
    const clock = service.outcome.app.get(Clock, { strict: false });
    const now = clock.now.bind(clock);
    const later = (ms: number) => jest.spyOn(clock, 'now').mockImplementation(() => new Date(now().getTime() + ms));
    later(20 * HOURS);
    const again = await startWith(service, used);
    expect([again.status, again.body.id]).toEqual([200, first.id]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const refused = await startWith<Problem>(service, unused);
    expect([refused.status, refused.body.code]).toEqual([401, 'credentials_expired']);
    later(23 * HOURS);
    expect((await startWith<Problem>(service, used)).body.code).toBe('credentials_expired');
    jest.restoreAllMocks();
    expect((await startWith(service, unused)).status).toBe(202);
  });

  test('is taken by a node with the new key first, and no longer once its key is gone', async () => {
    const token = await tokenFor(service);
    const rotated = await Service.start({ TOKEN_KEYS: `${K2},${K1}` }, service.database);
    const without = await Service.start({ TOKEN_KEYS: K2 }, service.database);
    try {
      const { body: first } = await startWith(rotated, token);
      expect((await startWith(service, token)).body.id).toBe(first.id);
      expect((await startWith<Problem>(without, token)).body.code).toBe('credentials_invalid');
      expect(partsOf(await tokenFor(rotated))[0]).toMatchObject({ kid: 'k2' });
    } finally {
      await without.stop();
      await rotated.stop();
    }
  });
});

test('a start token of one process of the mode open is none of another one’s: they share no key', async () => {
  const service = await Service.start({ TOKEN_KEYS: '' });
  const other = await Service.start({ TOKEN_KEYS: '' }, service.database);
  try {
    const token = await tokenFor(service);
    expect((await startWith(service, token)).status).toBe(202);
    expect((await startWith<Problem>(other, token)).body.code).toBe('credentials_invalid');
  } finally {
    await other.stop();
    await service.stop();
  }
});

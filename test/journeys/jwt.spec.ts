import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import type { CallerView } from '../../src/access/caller.contract.js';
import { JwtVerifier } from '../../src/access/jwt/jwt-verifier.js';
import { keysCommand } from '../support/api-keys.js';
import { IdentityProvider } from '../support/identity-provider.js';
import { type Problem, Service } from '../support/service.js';

const SHOP_A = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const NOW = () => Math.floor(Date.now() / 1000);
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

let provider: IdentityProvider;
beforeAll(async () => (provider = await IdentityProvider.start()));
afterAll(() => provider.stop());

/** The code of the problem that a request with the token is answered with, or its status. */
async function answerTo(service: Service, token: string): Promise<string> {
  const { status, body } = await service.get<Problem>('/api/operations', bearer(token));
  return status === 200 ? '200' : `${status} ${body.code}`;
}

describe('with a JWT of the shop’s identity provider', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ ...provider.settings, ROLES: 'api', JWT_TENANTS: `shop-a=${SHOP_A}` });
  });
  afterAll(() => service.stop());

  const tokenOf = (claims: JWTPayload = {}, header = {}) => provider.token({ tenant: 'shop-a', ...claims }, header);
  const publicKey = async () => exportSPKI((await importJWK(provider.keys[0]?.publicJwk ?? {})) as CryptoKey);

  test('one is the caller whom its claims name, in the tenant to which the settings map them', async () => {
    const { body } = await service.get<CallerView>('/api/caller', bearer(await tokenOf({ sub: 'anna|1' })));
    expect(body).toEqual({
      access: 'closed',
      accepts: ['jwt'],
      caller: { tenant: SHOP_A, name: 'jwt anna|1', scopes: ['operations:start', 'operations:read'] },
    });
  });

  test('one does what its scopes allow, and nothing else', async () => {
    const both = bearer(await tokenOf());
    const reader = bearer(await tokenOf({ scope: ['operations:read', 'unknown:scope', 7] }));
    const started = await service.start('demo.countdown', { seconds: 1 }, { headers: both });
    expect(started.status).toBe(202);
    expect((await service.get(`/api/operations/${started.body.id}`, reader)).status).toBe(200);
    expect(await service.start('demo.countdown', { seconds: 1 }, { headers: reader })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
    expect(await answerTo(service, await tokenOf({ scope: undefined }))).toBe('403 scope_missing');
  });

  test('tokens that one has made end when those of its tenant are revoked', async () => {
    const { body } = await service.start('demo.countdown', { seconds: 60 }, { headers: bearer(await tokenOf()) });
    const { id, watchToken } = body as typeof body & { watchToken: string };
    const socket = service.socket({ reconnection: false });
    const left = once(socket as never, 'left');
    expect(await socket.timeout(20_000).emitWithAck('join', { operationId: id, token: watchToken })).toMatchObject({
      ok: true,
    });
    const asked = await keysCommand(['revoke-tokens', '--tenant', SHOP_A], { DATABASE_URL: service.database.url });
    expect(asked.code).toBe(0);
    expect((await left)[0]).toEqual({ operationId: id, reason: 'token_revoked' });
    expect(await service.get<Problem>(`/api/operations/${id}`, bearer(watchToken))).toMatchObject({
      status: 401,
      body: { code: 'credentials_invalid' },
    });
    // The JWT itself is the identity provider's to end.
    expect(await answerTo(service, await tokenOf())).toBe('200');
  });

  test('one gets no scope that the settings do not allow the provider to grant', async () => {
    const greedy = await tokenOf({ scope: 'operations:read operations:resolve keys:manage' });
    const { body } = await service.get<CallerView>('/api/caller', bearer(greedy));
    expect(body.caller?.scopes).toEqual(['operations:read']);
  });

  test('the page of an unknown caller learns how to sign in', async () => {
    expect((await service.get('/api/caller')).body).toEqual({ access: 'closed', accepts: ['jwt'], caller: null });
    const answer = await service.get<Problem>('/api/operations');
    expect([answer.status, answer.body.code, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'credentials_missing',
      'Bearer',
    ]);
  });

  const signedBy = (key: CryptoKey | Uint8Array, alg: string, kid = 'key-1') =>
    new SignJWT({ iss: provider.issuer, aud: 'outcome', sub: 'anna', tenant: 'shop-a', exp: NOW() + 60 })
      .setProtectedHeader({ alg, kid })
      .sign(key);

  const FORGED: [string, () => Promise<string>][] = [
    ['is no token', () => Promise.resolve('hello')],
    ['is unsigned', async () => `${encoded({ alg: 'none' })}.${(await tokenOf()).split('.')[1]}.`],
    [
      'is signed with the public key as if that were a secret',
      async () => {
        const head = `${encoded({ alg: 'HS256', kid: 'key-1' })}.${(await tokenOf()).split('.')[1]}`;
        return `${head}.${createHmac('sha256', await publicKey())
          .update(head)
          .digest('base64url')}`;
      },
    ],
    ['is signed with a key of one’s own', async () => signedBy((await generateKeyPair('ES256')).privateKey, 'ES256')],
    [
      'is signed with a key of another sort',
      async () => signedBy((await generateKeyPair('RS256')).privateKey, 'RS256'),
    ],
    ['brings its own key', async () => signedBy((await generateKeyPair('ES256')).privateKey, 'ES256', 'of-mine')],
    ['has other claims than were signed', async () => changed(await tokenOf(), { tenant: 'shop-b' })],
    ['is of another issuer', () => tokenOf({ iss: 'https://login.other.example/' })],
    ['is of no issuer', () => tokenOf({ iss: undefined })],
    ['is meant for another service', () => tokenOf({ aud: 'warehouse' })],
    ['is meant for none', () => tokenOf({ aud: undefined })],
    ['begins later', () => tokenOf({ nbf: NOW() + 60 })],
    ['never ends', () => tokenOf({ exp: undefined })],
    ['names nobody', () => tokenOf({ sub: undefined })],
    ['names somebody with control characters', () => tokenOf({ sub: 'an\0na' })],
    ['is of a tenant that is not in the map', () => tokenOf({ tenant: 'shop-b' })],
    ['is of a tenant named like a property of every object', () => tokenOf({ tenant: 'constructor' })],
    ['is of several tenants', () => tokenOf({ tenant: ['shop-a'] })],
    ['is of no tenant', () => tokenOf({ tenant: undefined })],
    ['says that it is a token of the service itself', () => tokenOf({}, { typ: 'outcome-watch+jwt' })],
    ['says so in a long form', () => tokenOf({}, { typ: 'application/Outcome-Watch+jwt' })],
    ['is longer than 8 KiB', () => tokenOf({ filling: 'x'.repeat(8000) })],
  ];

  test.each(FORGED)('a token that %s is refused', async (_, token) => {
    expect(await answerTo(service, await token())).toBe('401 credentials_invalid');
  });

  test('a token that has ended is refused as such, and only if it is genuine', async () => {
    const ended = await tokenOf({ exp: NOW() - 60 });
    expect(await answerTo(service, ended)).toBe('401 credentials_expired');
    expect(await answerTo(service, changed(ended, { sub: 'eve' }))).toBe('401 credentials_invalid');
    const verifier = service.outcome.app.get(JwtVerifier, { strict: false });
    const now = NOW() * 1000;
    const clock = { now: () => new Date(now) };
    Object.assign(verifier, { clock });
    const ends = await tokenOf({ exp: NOW() + 30 });
    expect(await answerTo(service, ends)).toBe('200');
    Object.assign(clock, { now: () => new Date(now + 36_000) });
    expect(await answerTo(service, ends)).toBe('401 credentials_expired');
    Object.assign(verifier, { clock: { now: () => new Date() } });
  });

  test('where a key is to be found is not said by the token', async () => {
    const evil = await IdentityProvider.start();
    const { privateKey, publicJwk } = evil.keys[0] ?? {};
    if (!privateKey || !publicJwk) throw new Error('Expected a key.');
    const address = evil.settings.JWT_JWKS_URL;
    for (const header of [{ jku: address }, { x5u: address }, { jwk: publicJwk }]) {
      const token = await new SignJWT({ iss: provider.issuer, aud: 'outcome', sub: 'eve', tenant: 'shop-a' })
        .setExpirationTime('1m')
        .setProtectedHeader({ alg: 'ES256', kid: 'key-1', ...header })
        .sign(privateKey);
      expect(await answerTo(service, token)).toBe('401 credentials_invalid');
    }
    expect(evil.asked).toBe(0);
    await evil.stop();
  });

  test('a socket connects and joins; with a token that is no good it is told why', async () => {
    const socket = service.socket({ auth: { token: await tokenOf() } });
    const { body } = await service.start('demo.countdown', { seconds: 1 }, { headers: bearer(await tokenOf()) });
    expect(await socket.emitWithAck('join', { operationId: body.id })).toMatchObject({ ok: true });

    const other = service.socket({ auth: { token: await tokenOf({ exp: NOW() - 60 }) }, reconnection: false });
    const error = await new Promise<Error & { data?: Problem }>((resolve) => other.on('connect_error', resolve));
    expect(error.data).toMatchObject({ status: 401, code: 'credentials_expired' });

    const weak = service.socket({ auth: { token: await tokenOf({ scope: 'operations:start' }) } });
    const join = { operationId: body.id };
    expect(await weak.emitWithAck('join', join)).toMatchObject({ ok: false, problem: { code: 'scope_missing' } });
    for (const token of [await tokenOf(), await tokenOf({ groups: 'x'.repeat(5000) })])
      expect(await weak.emitWithAck('join', { ...join, token })).toMatchObject({ ok: true });
    const forged = changed(await tokenOf(), { sub: 'eve' });
    expect(await weak.emitWithAck('join', { ...join, token: forged })).toMatchObject({
      ok: false,
      problem: { code: 'credentials_invalid' },
    });
  });

  test('the hub of SignalR does so, too', async () => {
    const hubWith = (token: string) =>
      new HubConnectionBuilder()
        .withUrl(`${service.url}/hubs/operations`, { accessTokenFactory: () => token })
        .configureLogging(LogLevel.None)
        .build();
    const { body } = await service.start('demo.countdown', { seconds: 1 }, { headers: bearer(await tokenOf()) });
    const hub = hubWith(await tokenOf());
    await hub.start();
    expect(await hub.invoke('Join', body.id)).toMatchObject({ operation: { id: body.id } });
    await hub.stop();
    await expect(hubWith(await tokenOf({ aud: 'warehouse' })).start()).rejects.toThrow('401');
    const weak = hubWith(await tokenOf({ scope: 'operations:start' }));
    await weak.start();
    await expect(weak.invoke('Join', body.id)).rejects.toThrow('scope_missing');
    await weak.stop();
  });
});

describe('without a map of tenants', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ...provider.settings, ROLES: 'api' })));
  afterAll(() => service.stop());

  test('there is one tenant, and no token that names another', async () => {
    const { body } = await service.get<CallerView>('/api/caller', bearer(await provider.token()));
    expect(body.caller?.tenant).toBe('00000000-0000-0000-0000-000000000000');
    expect(await answerTo(service, await provider.token({ tenant: 'shop-a' }))).toBe('401 credentials_invalid');
  });

  test('tokens outlive an outage of the provider, follow its new keys, and end with those that it withdraws', async () => {
    const { keys } = service.outcome.app.get<unknown, { keys: object }>(JwtVerifier, { strict: false });
    let aheadMs = 0;
    Object.assign(keys, { now: () => performance.now() + aheadMs });
    const [publish, token] = [provider.answer, await provider.token()];
    expect(await answerTo(service, token)).toBe('200');
    provider.answer = (response) => void response.destroy();
    aheadMs += 600_001;
    expect(await answerTo(service, await provider.token({ sub: 'ben' }))).toBe('200');
    await provider.rotate();
    const rotated = await provider.token();
    const early = await service.get<Problem>('/api/operations', bearer(rotated));
    expect([early.status, early.body.code, early.headers.get('retry-after')]).toEqual([
      503,
      'identity_provider_unavailable',
      '5',
    ]);
    provider.answer = publish;
    provider.keys.shift();
    aheadMs += 30_001;
    expect(await answerTo(service, rotated)).toBe('200');
    expect(await answerTo(service, token)).toBe('401 credentials_invalid');
  });
});

test('with a shared secret, nothing but HS256 with that secret is accepted', async () => {
  // Long enough for HS512.
  const secret = randomBytes(48).toString('base64url');
  const { JWT_ISSUER, JWT_AUDIENCE, AUTH_MODE } = provider.settings;
  const service = await Service.start({ AUTH_MODE, JWT_ISSUER, JWT_AUDIENCE, JWT_SECRET: secret, ROLES: 'api' });
  const signed = (alg: string, key: Uint8Array) =>
    new SignJWT({ iss: provider.issuer, aud: 'outcome', sub: 'anna', scope: 'operations:read', exp: NOW() + 60 })
      .setProtectedHeader({ alg })
      .sign(key);
  expect(await answerTo(service, await signed('HS256', Buffer.from(secret)))).toBe('200');
  for (const token of [
    await signed('HS512', Buffer.from(secret)),
    await signed('HS256', Buffer.from(`${secret}!`)),
    await provider.token(),
  ])
    expect(await answerTo(service, token)).toBe('401 credentials_invalid');
  await service.stop();
});

test('both sorts of credentials may be accepted, and open access never beside them', async () => {
  const { JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL } = provider.settings;
  const jwt = { JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL };
  const service = await Service.start({ ...jwt, AUTH_MODE: 'keys,jwt', ROLES: 'api' });
  expect(await answerTo(service, await provider.token())).toBe('200');
  await service.stop();
  await expect(Service.start({ ...jwt, AUTH_MODE: 'jwt', JWT_MAX_SCOPES: 'operations:fly' })).rejects.toThrow(
    'JWT_MAX_SCOPES: expected scopes of docs/access.md, and not operations:fly',
  );
});

/** The token with other claims, and its signature unchanged. */
function changed(token: string, claims: JWTPayload): string {
  const [header, payload = '', signature] = token.split('.');
  const signed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
  return [header, encoded({ ...signed, ...claims }), signature].join('.');
}

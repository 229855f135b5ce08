import { jest } from '@jest/globals';
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { CREDENTIAL_VERIFIERS } from '../../src/access/authenticator.js';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { ONLY_TENANT } from '../../src/access/caller.js';
import { CredentialVerifier } from '../../src/access/credential-verifier.js';
import { ALL_SCOPES } from '../../src/access/scopes.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { createKey } from '../support/api-keys.js';
import { answerOf } from '../support/raw-request.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { SECONDS } from '../../src/time/durations.js';

/** Takes `test-<name>` for the credentials of a caller of that name. */
class AnyName extends CredentialVerifier {
  takes = (credential: string) => credential.startsWith('test-');
  verify = async (credential: string) => ({ tenant: ONLY_TENANT, name: credential, scopes: new Set(ALL_SCOPES) });
}

async function startClosed(env: Record<string, string>, database?: TestDatabase): Promise<Service> {
  const service = await Service.start({ AUTH_MODE: 'keys', ROLES: 'api', ...env }, database);
  service.outcome.app.get<CredentialVerifier[]>(CREDENTIAL_VERIFIERS, { strict: false }).push(new AnyName());
  return service;
}

const by = (name: string) => ({ Authorization: `Bearer test-${name}` });

let aheadMs = 0;
const now = Date.now.bind(Date);
beforeAll(() => void jest.spyOn(Date, 'now').mockImplementation(() => now() + aheadMs));
afterAll(() => jest.restoreAllMocks());

/** Lets the time that the limits count by go on. */
const pass = (ms: number) => void (aheadMs += ms);

/** Limits count in windows. */
const WINDOW = 3 * SECONDS;

/** In one window of the limits: once more, in the next one, where a slow machine took longer. */
async function inOneWindow<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    pass(WINDOW);
    const began = performance.now();
    const answer = await ask();
    if (performance.now() - began < WINDOW) return answer;
  }
}

const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status);

async function inTurn<T>(times: number, ask: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let asked = 0; asked < times; asked += 1) answers.push(await ask());
  return answers;
}

describe('a service that asks for credentials', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startClosed({ LIMIT_STARTS: '1', LIMIT_READS: '2', LIMIT_ANONYMOUS: '1' });
  });
  afterAll(() => service.stop());

  test('limits the starts of each caller, says how things stand, and lets them pass again after a time', async () => {
    const start = (name: string) => service.start('demo.countdown', { seconds: 60 }, { headers: by(name) });
    const answers = await inOneWindow(() => inTurn(4, () => start('shop')));
    expect(statuses(answers)).toEqual([202, 202, 202, 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"starts";q=3;w=3');
    expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"starts";r=2;t=[123]$/);
    const { headers, body } = answers[3] ?? answers[0]!;
    expect(headers.get('ratelimit')).toMatch(/^"starts";r=0;t=[123]$/);
    expect(headers.get('retry-after')).toBe(/t=(\d)/.exec(headers.get('ratelimit') ?? '')?.[1]);
    expect(body).toMatchObject({
      status: 429,
      code: 'rate_limited',
      detail: expect.stringContaining('3 such requests'),
    });

    expect((await start('other')).status).toBe(202);
    expect((await service.get('/api/operations', by('shop'))).status).toBe(200);
    pass(WINDOW);
    expect((await start('shop')).status).toBe(202);
  });

  test('limits the reads of each caller on their own', async () => {
    const answers = await inOneWindow(() => inTurn(7, () => service.get('/api/operations', by('shop'))));
    expect(statuses(answers)).toEqual([200, 200, 200, 200, 200, 200, 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"reads";q=6;w=3');
  });

  test('limits what comes without credentials by its address, whatever X-Forwarded-For claims', async () => {
    const forged = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4'];
    const answers = await inOneWindow(async () => {
      const given = [];
      for (const address of forged) given.push(await service.get('/api/caller', { 'X-Forwarded-For': address }));
      return given;
    });
    expect(statuses(answers)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"anonymous";q=3;w=3');
    expect((await service.get('/api/caller', by('shop'))).status).toBe(200);
    pass(WINDOW);
    expect((await service.get('/api/caller')).status).toBe(200);
  });

  test('limits what comes with credentials that have ended by its address, and nobody else there', async () => {
    const { headers } = await createKey(service, ['operations:read'], { expiresInMs: 1 });
    await pause(5);
    const answers = await inOneWindow(() => inTurn(7, () => service.get('/api/operations', headers)));
    expect(statuses(answers)).toEqual([401, 401, 401, 401, 401, 401, 429]);
    expect((await service.get('/api/operations', by('shop'))).status).toBe(200);
  });

  test('never limits the platform’s probes, and gives providers’ webhooks the limit of reads', async () => {
    const [probes, webhooks] = await inOneWindow(async () => {
      await inTurn(4, () => service.get('/api/caller'));
      return [
        await inTurn(8, () => service.get('/health/ready')),
        await inTurn(7, () => service.post('/api/providers/stripe/webhooks', {})),
      ] as const;
    });
    expect(statuses(probes)).not.toContain(429);
    expect(webhooks[5]?.status).not.toBe(429);
    expect(webhooks[6]?.status).toBe(429);
  });

  test('refuses before it reads the body', async () => {
    const { hostname, port, host } = new URL(service.url);
    const answer = await inOneWindow(async () => {
      await inTurn(3, () => service.get('/api/caller'));
      const socket = connect(Number(port), hostname);
      socket.write(`POST /api/operations HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 60000\r\n\r\n`);
      const answered = once(socket, 'data', { signal: AbortSignal.timeout(20 * SECONDS) }) as Promise<[Buffer]>;
      const head = await answered.then(
        ([data]) => data.toString(),
        () => '',
      );
      socket.destroy();
      return head;
    });
    expect(answerOf(answer).status).toBe(429);
  });
});

test('limits what waits or streams, and lets more in as soon as one has ended', async () => {
  const service = await startClosed({ LIMIT_STREAMS: '2' });
  const { body } = await service.start('demo.countdown', { seconds: 60 }, { headers: by('shop') });
  const held = [new AbortController(), new AbortController()];
  const path = `${service.url}/api/operations/${body.id}/events`;
  const headers = { ...by('shop'), Accept: 'text/event-stream' };
  for (const { signal } of held) expect((await fetch(path, { headers, signal })).status).toBe(200);
  const wait = (name: string) => service.get<Problem>('/api/caller', { ...by(name), Prefer: 'wait=1' });
  const refused = await wait('shop');
  expect([refused.status, refused.body.code]).toEqual([429, 'too_many_streams']);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect((await wait('other')).status).toBe(200);
  expect((await service.get('/api/caller', by('shop'))).status).toBe(200);

  held[0]?.abort();
  await eventually(async () => (await wait('shop')).status === 200);
  held[1]?.abort();
  await service.stop();
});

test('behind a proxy that it trusts, a service limits by the last address before it', async () => {
  const service = await startClosed({ LIMIT_ANONYMOUS: '1', TRUST_PROXY: '127.0.0.0/8' });
  const from = (address: string) => service.get('/api/caller', { 'X-Forwarded-For': address });
  const answers = await inOneWindow(async () => [
    ...(await inTurn(4, () => from('198.51.100.1'))),
    await from('198.51.100.2'),
    await from('198.51.100.3, 198.51.100.1'),
  ]);
  expect(statuses(answers)).toEqual([200, 200, 200, 429, 200, 429]);
  await service.stop();
});

test('invalid credentials are counted by all processes, and good ones cost no statement', async () => {
  const database = await createDatabase();
  const services = [];
  for (const _ of [1, 2]) services.push(await startClosed({ LIMIT_FAILED_LOGINS: '2' }, database));
  const [one, other] = services as [Service, Service];
  const codeOf = async (service: Service, credential: string) =>
    (await service.get<Problem>('/api/operations', { Authorization: `Bearer ${credential}` })).body.code ?? 'in';
  expect(await codeOf(one, 'test-shop')).toBe('in');
  const { rows } = await database.client.query('SELECT FROM failed_login');
  expect(rows).toEqual([]);
  expect(await codeOf(one, 'wrong')).toBe('credentials_invalid');
  expect(await codeOf(other, 'wrong')).toBe('credentials_invalid');
  for (const service of services) {
    expect(await codeOf(service, 'wrong')).toBe('rate_limited');
    expect(await codeOf(service, 'test-shop')).toBe('rate_limited');
  }
  const { headers } = await one.get('/api/operations', by('shop'));
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(30);

  // A socket's credentials are those of the same address.
  const socket = one.socket({ auth: { token: 'wrong' }, reconnection: false });
  const refused = await new Promise<unknown>((resolve) => socket.once('connect_error', resolve));
  expect(refused).toMatchObject({ data: { code: 'rate_limited' } });
  for (const service of services) await service.stop();
  await database.drop();
});

test('credentials that were revoked are refused for each operation of a page, and lock nobody out', async () => {
  const service = await startClosed({ LIMIT_FAILED_LOGINS: '2' });
  const backend = await createKey(service, ['operations:start', 'operations:read']);
  const start = () =>
    service.post<OperationView & { watchToken: string }>(
      '/api/operations',
      { kind: 'demo.countdown', input: { seconds: 60 } },
      backend.headers,
    );
  const started = (await inTurn(10, start)).map(({ body }) => body);
  await service.outcome.app.get(ApiKeys, { strict: false }).revoke(backend.record.id, { name: 'a test' });
  const page = service.socket({ reconnection: false });
  const join = (operationId: string, token: string) => page.emitWithAck('join', { operationId, token });
  const isRefused = expect.objectContaining({
    ok: false,
    problem: expect.objectContaining({ code: 'credentials_invalid' }),
  });
  for (const { id, watchToken } of started) {
    expect(await join(id, backend.key)).toEqual(isRefused);
    expect(await join(id, watchToken)).toEqual(isRefused);
    expect((await service.get(`/api/operations/${id}`, backend.headers)).status).toBe(401);
  }
  expect((await service.get('/api/operations', by('shop'))).status).toBe(200);
  expect((await service.database.client.query('SELECT FROM failed_login')).rows).toEqual([]);

  // One that never was a key of the service counts.
  for (let asked = 0; asked < 2; asked += 1) expect(await join(started[0]?.id ?? '', 'wrong')).toEqual(isRefused);
  expect((await service.get('/api/operations', by('shop'))).status).toBe(429);
  await service.stop();
});

describe('sockets', () => {
  let service: Service;
  beforeAll(async () => void (service = await startClosed({ LIMIT_SOCKETS: '2', TRUST_PROXY: '127.0.0.0/8' })));
  afterAll(() => service.stop());

  const open = async (address: string, transports: string[]) => {
    const extraHeaders = { 'X-Forwarded-For': address };
    const socket = service.socket({ transports, extraHeaders, reconnection: false, auth: { token: 'test-shop' } });
    const outcome = await new Promise((resolve) => {
      socket.once('connect', () => resolve('connected')).once('connect_error', () => resolve('refused'));
    });
    return { socket, outcome };
  };

  test.each([['websocket'], ['polling']])(
    'of one address are limited over %s, until one has ended',
    async (transport) => {
      const address = transport === 'polling' ? '198.51.100.1' : '198.51.100.2';
      const first = await open(address, [transport]);
      const outcomes = [
        first.outcome,
        (await open(address, [transport])).outcome,
        (await open(address, [transport])).outcome,
      ];
      expect(outcomes).toEqual(['connected', 'connected', 'refused']);
      expect((await open(address.replace('198', '203'), [transport])).outcome).toBe('connected');
      const handshake = await service.get<Problem>('/socket.io/?EIO=4&transport=polling', {
        'X-Forwarded-For': address,
      });
      expect([handshake.status, handshake.body.code, handshake.headers.get('retry-after')]).toEqual([
        429,
        'too_many_sockets',
        '5',
      ]);
      first.socket.close();
      await eventually(async () => (await open(address, [transport])).outcome === 'connected');
    },
  );

  test('of the hub by long polling are among them, until one has ended', async () => {
    const headers = { ...by('shop'), 'X-Forwarded-For': '198.51.100.3' };
    const connect = async () => {
      const path = '/hubs/operations/negotiate?negotiateVersion=1';
      const { body } = await service.post<{ connectionToken: string }>(path, {}, headers);
      return `/hubs/operations?id=${body.connectionToken}`;
    };
    const opened = [await connect(), await connect(), await connect()];
    const answers = [];
    for (const path of opened) answers.push(await service.get(path, headers));
    expect(statuses(answers)).toEqual([200, 200, 429]);
    expect((await service.request('DELETE', opened[0] ?? '', { headers })).status).toBe(202);
    await eventually(async () => (await service.get(await connect(), headers)).status === 200);
  });

  test('of the hub are among them', async () => {
    const opened: WebSocket[] = [];
    const outcomes = [];
    for (const _ of [1, 2, 3]) {
      const socket = new WebSocket(`${service.url.replace('http', 'ws')}/hubs/operations?access_token=test-shop`);
      opened.push(socket);
      outcomes.push(
        await new Promise((resolve) => {
          socket.once('open', () => resolve('connected')).once('error', () => resolve('refused'));
        }),
      );
    }
    expect(outcomes).toEqual(['connected', 'connected', 'refused']);
    for (const socket of opened) socket.close();
  });
});

describe('a service that is open', () => {
  test('limits nothing', async () => {
    const unset = { LIMIT_STARTS: '', LIMIT_READS: '', LIMIT_ANONYMOUS: '', LIMIT_STREAMS: '', LIMIT_SOCKETS: '' };
    const service = await Service.start(unset);
    const answers = await Promise.all(new Array(200).fill(0).map(() => service.get('/api/caller')));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect(answers[0]?.headers.get('ratelimit')).toBeNull();
    await service.stop();
  });

  test('limits every address where it is told to, whatever credentials a request shows', async () => {
    const service = await Service.start({ LIMIT_ANONYMOUS: '1' });
    const answers = await inOneWindow(() => inTurn(4, () => service.get('/api/caller', by('shop'))));
    expect(statuses(answers)).toEqual([200, 200, 200, 429]);
    await service.stop();
  });
});

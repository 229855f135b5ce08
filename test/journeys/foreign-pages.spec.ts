import { request as httpRequest } from 'node:http';
import { io } from 'socket.io-client';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import type { ProblemDocument } from '../../src/problems/problem.js';
import { Service } from '../support/service.js';

type Headers = Record<string, string>;

/** The handshake of RFC 6455, with its example's key. */
const WEB_SOCKET: Headers = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const SHOP = 'https://shop.example';

describe('a web page', () => {
  let service: Service;
  let port: string;
  let operation: OperationView;
  beforeAll(async () => {
    service = await Service.start({
      ROLES: 'api',
      ALLOWED_ORIGINS: SHOP,
      ALLOWED_HOSTS: 'outcome.internal',
      PUBLIC_URL: 'https://pay.example/outcome',
    });
    port = new URL(service.url).port;
    operation = await service.charge();
  });
  afterAll(() => service.stop());

  /** A request with any Host header, which fetch would not send. */
  const ask = (method: string, path: string, headers: Headers = {}, body?: string) =>
    new Promise<{ status: number; headers: Record<string, unknown>; problem: ProblemDocument }>((resolve, reject) => {
      const sent = httpRequest(service.url + path, { method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            problem: isJson ? JSON.parse(text) : undefined,
          });
        });
      });
      sent.on('upgrade', ({ statusCode = 0, headers: given }, socket) => {
        socket.destroy();
        resolve({ status: statusCode, headers: given, problem: undefined as never });
      });
      sent.on('error', reject).end(body);
    });
  const started = async () =>
    Number((await service.database.client.query<{ count: string }>('SELECT count(*) FROM operation')).rows[0]?.count);

  const OF_OTHERS: [string, Headers][] = [
    ['of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['of another site, that sends no Origin', { 'Sec-Fetch-Site': 'cross-site' }],
    ['of another port of this machine', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://127.0.0.1:1' }],
    ['in a browser that sends Origin alone', { Origin: 'https://evil.example' }],
    ['without an origin of its own', { Origin: 'null' }],
    ['whose Origin is no address', { Origin: 'evil' }],
    ['of an origin that only begins like an allowed one', { Origin: `${SHOP}.evil.example` }],
  ];

  test.each(OF_OTHERS)('%s changes nothing, and opens no socket', async (_, headers) => {
    const before = await started();
    const answers = await Promise.all([
      ask('POST', '/api/startOperation', { ...headers, 'Content-Type': 'text/plain' }, '{"a":1}'),
      ask('POST', `/api/operations/${operation.id}/cancel`, headers),
      ask('POST', '/sandbox/authenticate/00000000000000000000000000000000/approve', headers),
      ask('DELETE', '/nowhere', headers),
      ask('POST', '/hubs/operations/negotiate?negotiateVersion=1', headers),
      ask('GET', '/hubs/operations', { ...headers, ...WEB_SOCKET }),
    ]);

    expect(answers.map(({ status, problem }) => [status, problem.code])).toEqual(
      answers.map(() => [403, 'origin_not_allowed']),
    );
    expect(await started()).toBe(before);
    expect((await service.get(`/api/operations/${operation.id}`)).body.status).toBe('pending');
    for (const transport of ['websocket', 'polling']) expect(await connects(transport, headers)).toBe(false);
  });

  const LET_IN: [string, () => Headers][] = [
    ['a page of the service itself', () => ({ 'Sec-Fetch-Site': 'same-origin', Origin: service.url })],
    ['what the user asks for by hand', () => ({ 'Sec-Fetch-Site': 'none' })],
    [
      'its own page in a browser that sends Origin alone',
      () => ({ Origin: `http://LOCALHOST:${port}`, Host: `localhost:${port}` }),
    ],
    [
      'its own page behind a proxy that ends TLS',
      () => ({ Origin: 'https://outcome.internal', Host: 'outcome.internal:443' }),
    ],
    [
      'its own page behind a proxy that has its own Host',
      () => ({ Origin: 'https://pay.example', Host: `127.0.0.1:${port}` }),
    ],
    ['a page of an allowed origin', () => ({ 'Sec-Fetch-Site': 'cross-site', Origin: SHOP })],
    ['a program that is no browser', () => ({})],
  ];

  test.each(LET_IN)('%s is allowed', async (_, headers) => {
    const answer = await ask('POST', '/api/startOperation', { ...headers(), 'Content-Type': 'text/plain' }, '{"a":1}');
    expect(answer.status).toBe(202);
    expect((await ask('GET', '/hubs/operations', { ...headers(), ...WEB_SOCKET })).status).toBe(101);
    for (const transport of ['websocket', 'polling']) expect(await connects(transport, headers())).toBe(true);
  });

  test('may read the answers if its origin is allowed, and not otherwise', async () => {
    const allowed = await ask('GET', '/api/operations', { Origin: SHOP });
    const preflight = await ask('OPTIONS', '/api/operations', {
      Origin: SHOP,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type,idempotency-key',
    });
    const other = await ask('GET', '/api/operations', { Origin: 'https://evil.example' });

    expect([allowed.status, allowed.headers['access-control-allow-origin'], allowed.headers.vary]).toEqual([
      200,
      SHOP,
      'Origin',
    ]);
    expect(allowed.headers['access-control-expose-headers']).toContain('ETag');
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, HEAD, POST, DELETE');
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, SHOP]);
    expect(preflight.headers['access-control-allow-headers']).toBe('content-type,idempotency-key');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each([
    'evil.example',
    'evil.example:3000',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '[::2]',
    'a b',
  ])('whose name was pointed here, such as "%s", is refused on every route', async (host) => {
    const own: Headers = { Host: host, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' };
    const paths = ['/', '/docs', '/api/operations', `/api/operations/${operation.id}/events`, '/nowhere'];
    const answers = await Promise.all([
      ...paths.map((path) => ask('GET', path, own)),
      ask('GET', '/hubs/operations', { ...own, ...WEB_SOCKET }),
      ask('POST', '/api/startOperation', own),
    ]);

    expect(answers.map(({ status, problem }) => [status, problem.code])).toEqual(
      answers.map(() => [421, 'host_not_allowed']),
    );
    for (const transport of ['websocket', 'polling']) expect(await connects(transport, own)).toBe(false);
    expect(
      await Promise.all(
        ['/health/live', '/health/ready', '/metrics'].map(async (path) => (await ask('GET', path, own)).status),
      ),
    ).toEqual([200, 200, 200]);
  });

  test.each(['localhost', 'LOCALHOST:1', '127.8.9.10:80', '[::1]:3000', 'pay.example', 'outcome.internal:8080'])(
    'of the service is served under the Host %s',
    async (host) => expect((await ask('GET', '/api/operations', { Host: host })).status).toBe(200),
  );

  /**
   * Whether a socket is accepted. Polling uses the bare handshake, since the client's XMLHttpRequest cannot send these
   * headers.
   */
  const connects = async (transport: string, extraHeaders: Headers): Promise<boolean> => {
    if (transport === 'polling') {
      const { status, problem } = await ask('GET', '/socket.io/?EIO=4&transport=polling', extraHeaders);
      if (status !== 200)
        expect(`${status} ${problem.code}`).toMatch(/^(403 origin_not_allowed|421 host_not_allowed)$/);
      return status === 200;
    }
    return new Promise((resolve) => {
      const socket = io(`${service.url}/operations`, {
        forceNew: true,
        reconnection: false,
        transports: [transport],
        extraHeaders,
      });
      const settle = (isIn: boolean) => {
        socket.disconnect();
        resolve(isIn);
      };
      socket.on('connect_error', () => settle(false));
      socket.emit('join', { operationId: operation.id }, ({ ok }: Acknowledgement) => settle(ok));
    });
  };
});

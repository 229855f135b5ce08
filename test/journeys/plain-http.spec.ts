import { once } from 'node:events';
import { connect } from 'node:net';
import type { Document } from '../support/openapi-document.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { answerOf, requestRaw, sendRaw } from '../support/raw-request.js';
import { type Problem, Service } from '../support/service.js';
import { followersOf, nobodyFollows } from '../support/watchers.js';

const CHARGE = { kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } };
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'];
/** Parameters that caches, trackers and other clients add to an address. */
const HARMLESS = '_=1795449479817&utm_source=mail&utm_campaign=a%20b&fbclid=x&lastEventId=4&unknown[]=1';

describe('any HTTP client', () => {
  let service: Service;
  let document: Document;
  /** An unfinished operation, and one ended at version 3; a charge has its payment once it was sent. */
  let running: DrivenOperation;
  let ended: DrivenOperation;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    document = (await service.get<Document>('/docs-json')).body;
    [running, ended] = await Promise.all([DrivenOperation.start(service), DrivenOperation.ended(service)]);
  });
  afterAll(() => service.stop());

  const addressOf = (path: string, id = running.id) => path.replace('{name}', 'sandbox').replace(/\{\w+\}/, id);
  const paths = () =>
    Object.entries(document.paths).map(([path, calls]) => ({
      path,
      methods: Object.keys(calls).map((m) => m.toUpperCase()),
    }));
  const reads = () =>
    paths()
      .filter(({ methods }) => methods.includes('GET'))
      .map(({ path }) => (path === '/api/checkStatus' ? `${path}?operationId=${running.id}` : addressOf(path)));

  describe('that asks by another method', () => {
    test('learns the allowed methods of each address', async () => {
      for (const { path, methods } of paths()) {
        const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
        for (const method of METHODS.filter((candidate) => !allowed.includes(candidate))) {
          const answer = await requestRaw(
            service.url,
            method,
            addressOf(path),
            [['Content-Type', 'x']],
            method === 'TRACE' ? '' : '{',
          );
          expect([path, method, answer.status]).toEqual([path, method, 405]);
          expect(answer.headers.allow?.split(', ').sort()).toEqual([...allowed, 'OPTIONS'].sort());
          if (method !== 'HEAD') expect(JSON.parse(answer.body)).toMatchObject({ code: 'method_not_allowed' });
        }
        const options = await requestRaw(service.url, 'OPTIONS', `${addressOf(path)}?a=b`);
        expect([options.status, options.headers.allow?.split(', ').sort(), options.body]).toEqual([
          204,
          [...allowed, 'OPTIONS'].sort(),
          '',
        ]);
      }
    });

    test.each(['/', '/docs', '/docs-json', '/webhooks', '/sandbox/authenticate/0'])(
      'learns them at %s, too',
      async (path) => {
        const { status, headers } = await requestRaw(service.url, 'DELETE', path);
        expect([status, headers.allow?.split(', ').sort()]).toEqual([405, ['GET', 'HEAD', 'OPTIONS']]);
      },
    );

    test('gets 404 at an unknown address', async () => {
      for (const method of ['OPTIONS', ...METHODS]) {
        const { status, headers } = await requestRaw(service.url, method, '/nowhere');
        expect([method, status, headers.allow]).toEqual([method, 404, undefined]);
      }
    });
  });

  describe('that asks for the head alone', () => {
    /** Headers that a HEAD may omit, or that differ between two requests. */
    const ITS_OWN = ['date', 'x-request-id', 'connection', 'keep-alive', 'transfer-encoding', 'content-length'];
    const headOf = ({ status, headers }: { status: number; headers: Record<string, string> }) => ({
      status,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !ITS_OWN.includes(name))),
    });

    test('gets the headers of GET without a body, at every address', async () => {
      for (const path of [...reads(), '/', '/docs', '/docs-json', '/nowhere', `/api/operations/${ended.id}/events`]) {
        const [head, get] = [await requestRaw(service.url, 'HEAD', path), await requestRaw(service.url, 'GET', path)];
        expect([path, head.body, headOf(head)]).toEqual([path, '', headOf(get)]);
        if (get.headers['content-length'] && !['/metrics', '/health/ready'].includes(path)) {
          // All request ids have one length.
          expect([path, head.headers['content-length']]).toEqual([path, get.headers['content-length']]);
        }
      }
    });

    test.each<[string, [string, string][]]>([
      ['/events', [['Accept', 'text/event-stream']]],
      ['', [['Prefer', 'wait=30']]],
      [
        '',
        [
          ['Prefer', 'wait=30, until=end'],
          ['If-None-Match', '"v1"'],
        ],
      ],
    ])('does not wait for later events: %s %j', async (place, headers) => {
      const began = Date.now();
      const {
        status,
        headers: answered,
        body,
      } = await requestRaw(service.url, 'HEAD', `/api/operations/${running.id}${place}`, headers);

      expect(Date.now() - began).toBeLessThan(20_000);
      expect(body).toBe('');
      expect(status).toBe(headers.length > 1 ? 304 : 200);
      if (place === '/events')
        expect(answered).toMatchObject({
          'content-type': 'text/event-stream',
          'cache-control': 'no-store, no-transform',
        });
      await nobodyFollows(service);
    });

    test('gets 204 for a stream that has nothing more', async () => {
      const headers: [string, string][] = [
        ['Accept', 'text/event-stream'],
        ['Last-Event-ID', '3'],
      ];
      expect((await requestRaw(service.url, 'HEAD', `/api/operations/${ended.id}/events`, headers)).status).toBe(204);
    });
  });

  describe('whose address has unknown parameters', () => {
    test('gets the same answer, from every GET', async () => {
      for (const path of reads()) {
        const [plain, decorated] = await Promise.all([
          service.get(path),
          service.get(`${path}${path.includes('?') ? '&' : '?'}${HARMLESS}`),
        ]);
        expect([path, decorated.status]).toEqual([path, plain.status]);
        if (!/^\/(metrics|health)|statistics/.test(path)) {
          const { requestId: _, ...expected } = plain.body as unknown as Problem;
          expect(decorated.body).toMatchObject(expected);
        }
      }
    });

    test('resumes a stream after the version in its address, unless the header has another', async () => {
      const versions = async (query: string, headers: Record<string, string> = {}) => {
        const { body } = await service.get<string>(`/api/operations/${ended.id}/events${query}`, {
          Accept: 'text/event-stream',
          ...headers,
        });
        return [...body.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
      };

      expect(await versions('?lastEventId=2')).toEqual([3]);
      expect(await versions('?after=0&lastEventId=2')).toEqual([3]);
      expect(await versions('?lastEventId=1', { 'Last-Event-ID': '2' })).toEqual([3]);
      expect(await versions('?after=1&lastEventId=')).toEqual([2, 3]);
      expect(await versions('?lastEventId=2', { 'Last-Event-ID': '' })).toEqual([3]);
      expect(await versions('', { 'Last-Event-ID': '' })).toEqual([1, 2, 3]);
    });

    test('is refused if a known parameter is invalid', async () => {
      const { status, body } = await service.get<Problem>(`/api/operations/${ended.id}/events?lastEventId=x`);
      expect([status, body.errors?.map(({ path }) => path)]).toEqual([400, ['lastEventId']]);
    });
  });

  describe('that does not want a stream', () => {
    test.each(['text/event-stream;q=0', 'application/json, text/event-stream;q=0.5', '*/*'])(
      'and says %s gets JSON',
      async (accept) => {
        const { headers } = await service.get(`/api/operations/${running.id}/events`, { Accept: accept });
        expect(headers.get('content-type')).toContain('application/json');
        expect(followersOf(service)).toBe(0);
      },
    );
  });

  describe('that repeats a header', () => {
    const TWICE: [string, string, string, string][] = [
      ['POST', '/api/operations', 'Idempotency-Key', 'k1'],
      ['POST', '/api/startOperation', 'idempotency-key', 'k1'],
      ['GET', '/events', 'Last-Event-ID', '1'],
      ['GET', '', 'Authorization', 'Bearer a'],
      ['GET', '/health/live', 'Host', '127.0.0.1'],
      ['POST', '/api/operations', 'Content-Type', 'application/json'],
      ['POST', '/api/providers/sandbox/webhooks', 'Sandbox-Signature', 't=1,v1=0'],
      ['POST', '/api/providers/stripe/webhooks', 'Stripe-Signature', 't=1,v1=0'],
      ['GET', '/nowhere', 'Origin', 'http://127.0.0.1'],
    ];

    test.each(TWICE)('by %s %s with two %s is refused, equal or not', async (method, path, name, value) => {
      const before = await operations();
      const address = path.startsWith('/') && path !== '/events' ? path : `/api/operations/${running.id}${path}`;
      for (const second of [value, `${value}0`]) {
        const headers: [string, string][] = [
          ...(name === 'Content-Type' ? [] : ([['Content-Type', 'application/json']] as [string, string][])),
          [name, value],
          ['X-Other', 'x'],
          [name.toUpperCase(), second],
        ];
        const { status, body } = await requestRaw(
          service.url,
          method,
          address,
          headers,
          method === 'POST' ? JSON.stringify(CHARGE) : '',
        );
        expect([status, JSON.parse(body)]).toMatchObject([
          400,
          { code: 'repeated_header', errors: [{ path: expect.stringMatching(new RegExp(name, 'i')) }] },
        ]);
      }
      expect(await operations()).toBe(before);
    });

    const HANDSHAKES: Record<string, [string, string][]> = {
      polling: [],
      websocket: [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ],
    };

    describe.each(Object.keys(HANDSHAKES))('in a handshake of Socket.IO by %s', (transport) => {
      const shake = (more: [string, string][], session = '') =>
        requestRaw(service.url, 'GET', `/socket.io/?EIO=4&transport=${transport}${session}`, [
          ...(HANDSHAKES[transport] ?? []),
          ...more,
        ]);

      test.each(['Host', 'Authorization', 'Origin', 'Sec-Fetch-Site', 'Last-Event-ID'])(
        'is refused: two %s',
        async (name) => {
          const value =
            { Host: new URL(service.url).host, Origin: service.url, 'Sec-Fetch-Site': 'same-origin' }[name] ?? '1';
          for (const second of [value, `${value}0`]) {
            const { status, headers, body } = await shake([
              [name, value],
              [name.toLowerCase(), second],
            ]);
            expect([status, headers['content-type'], JSON.parse(body)]).toMatchObject([
              400,
              'application/problem+json',
              { code: 'repeated_header', errors: [{ path: expect.stringMatching(new RegExp(name, 'i')) }] },
            ]);
          }
        },
      );

      test('is refused in the middle of a session as well', async () => {
        const { sid } = JSON.parse(
          (await requestRaw(service.url, 'GET', '/socket.io/?EIO=4&transport=polling')).body.slice(1),
        );
        const { status, body } = await shake(
          [
            ['Authorization', 'Bearer a'],
            ['Authorization', 'Bearer b'],
          ],
          `&sid=${sid}`,
        );
        expect([status, JSON.parse(body)]).toMatchObject([400, { code: 'repeated_header' }]);
      });
    });

    test('is accepted if the header is a list', async () => {
      const headers: [string, string][] = [
        ['If-None-Match', '"v1"'],
        ['If-None-Match', '"v2"'],
        ['Prefer', 'return=minimal'],
        ['Prefer', 'wait=1'],
        ['X-Forwarded-For', 'a'],
        ['X-Forwarded-For', 'b'],
        ['Accept', 'text/html'],
        ['Accept', 'application/json'],
      ];
      const { status, headers: answered } = await requestRaw(
        service.url,
        'GET',
        `/api/operations/${running.id}`,
        headers,
      );
      expect([status, answered['preference-applied']]).toEqual([304, 'wait=1']);
    });

    const operations = async () =>
      Number((await service.database.client.query('SELECT count(*) FROM operation')).rows[0].count);
  });

  describe('that offers another protocol', () => {
    const lines = (...given: string[]) => [...given, `Host: ${new URL(service.url).host}`, '', ''].join('\r\n');
    const H2C = ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'];

    test.each(['h2c', 'websocket', 'TLS/1.0'])('is answered as if it did not: %s', async (protocol) => {
      const text = await sendRaw(
        service.url,
        lines('GET /health/live HTTP/1.1', ...H2C.slice(1), 'Connection: Upgrade, close', `Upgrade: ${protocol}`),
      );
      expect(answerOf(text)).toMatchObject({ status: 200, body: '{"status":"ok","checks":{}}' });
    });

    test('gets its body read', async () => {
      const body = JSON.stringify({ ...CHARGE, metadata: { note: 'é' } });
      const head = [
        'POST /api/operations HTTP/1.1',
        'Content-Type: application/json',
        'Upgrade: h2c',
        'Connection: Upgrade, close',
      ];
      const whole = await sendRaw(service.url, lines(...head, `Content-Length: ${Buffer.byteLength(body)}`), body);
      const chunked = await sendRaw(
        service.url,
        lines(...head, 'Transfer-Encoding: chunked'),
        `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      );

      for (const text of [whole, chunked])
        expect([answerOf(text).status, JSON.parse(answerOf(text).body)]).toMatchObject([
          202,
          { metadata: { note: 'é' } },
        ]);
    });

    test('can repeat that on one connection, and may wait', async () => {
      const warnings: Error[] = [];
      const warned = (warning: Error) => warnings.push(warning);
      process.on('warning', warned);
      const { hostname, port } = new URL(service.url);
      const socket = connect(Number(port), hostname).setEncoding('utf8');
      const answers = async () => (await once(socket, 'data', { signal: AbortSignal.timeout(40_000) })).join('');
      for (let times = 1; times <= 20; times += 1) {
        socket.write(lines('GET /health/live HTTP/1.1', ...H2C, 'Upgrade: h2c'));
        expect(await answers()).toContain('200 OK');
      }
      const began = Date.now();
      socket.write(lines(`GET /api/operations/${running.id} HTTP/1.1`, 'Prefer: wait=2', ...H2C, 'Upgrade: h2c'));
      expect(await answers()).toContain(running.id);
      // Socket.IO closes the connection after a second.
      expect(Date.now() - began).toBeGreaterThanOrEqual(1900);
      socket.destroy();
      process.off('warning', warned);

      expect(warnings).toEqual([]);
    });

    test('is not disconnected by Socket.IO, whose own clients are served', async () => {
      const text = await sendRaw(
        service.url,
        lines('GET /socket.io/?EIO=4&transport=polling HTTP/1.1', 'Upgrade: h2c', 'Connection: Upgrade, close'),
      );
      expect(answerOf(text).status).toBe(200);
      expect(await service.socket().emitWithAck('join', { operationId: running.id })).toMatchObject({ ok: true });
    });
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
    ['of a version that is none', 'GET / HTTP/9.9\r\n\r\n', 400, 'bad_request'],
    [
      'larger in its head than 16 KiB',
      `GET / HTTP/1.1\r\nX-More: ${'x'.repeat(17 * 1024)}\r\n\r\n`,
      431,
      'head_too_large',
    ],
  ])('that is %s is refused as a problem', async (_, bytes, status, code) => {
    const { headers, body, ...answer } = answerOf(await sendRaw(service.url, bytes));

    expect([answer.status, headers['content-type'], headers.connection]).toEqual([
      status,
      'application/problem+json',
      'close',
    ]);
    expect(JSON.parse(body)).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
  });

  describe('that sends null for absent fields', () => {
    test('starts the same operation as without them', async () => {
      const input = {
        ...CHARGE.input,
        capture: null,
        description: null,
        orderId: null,
        customer: null,
        returnUrl: null,
        offSession: null,
      };
      const body = { ...CHARGE, input, metadata: null, expiresIn: null };
      const plain = (await service.post('/api/operations', CHARGE)).body;
      const { status, body: started } = await service.post('/api/operations', body);
      const { rows } = await service.database.client.query<{ input: unknown }>(
        'SELECT input FROM operation WHERE id = ANY ($1)',
        [[plain.id, started.id]],
      );

      expect([status, started.metadata, (await service.post('/api/startOperation', body)).status]).toEqual([
        202,
        {},
        202,
      ]);
      expect(rows[0]?.input).toEqual(rows[1]?.input);
    });

    test('gets a problem for a required field', async () => {
      const { status, body } = await service.post<Problem>('/api/operations', {
        ...CHARGE,
        input: { ...CHARGE.input, amount: null, orderId: null },
      });
      expect([status, body.errors?.map(({ path }) => path)]).toEqual([422, ['input.amount']]);
    });

    test('joins from the beginning, and resolves without an outcome', async () => {
      expect(await service.socket().emitWithAck('join', { operationId: running.id, afterVersion: null })).toMatchObject(
        { ok: true },
      );
      const { body } = await service.post<Problem>(`/api/operations/${ended.id}/resolve`, {
        by: 'Ada',
        reason: 'Seen.',
        outcome: null,
      });
      expect(body.code).toBe('nothing_to_review');
    });
  });
});

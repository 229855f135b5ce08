import type { Document } from '../support/openapi-document.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { type RawAnswer, requestRaw } from '../support/raw-request.js';
import { Service } from '../support/service.js';

type Headers = [string, string][];

/** Requests that are refused, whatever they ask for. */
const REFUSED: [string, Headers][] = [
  ['a Host that is not the service’s', [['Host', 'evil.example']]],
  ['a page of another site', [['Origin', 'https://evil.example']]],
  [
    'two keys',
    [
      ['Idempotency-Key', 'k1'],
      ['Idempotency-Key', 'k2'],
    ],
  ],
  ['a body that is no JSON', [['Content-Type', 'application/json']]],
  ['a body of an unknown type', [['Content-Type', 'image/png']]],
];

describe('every answer of the API', () => {
  let service: Service;
  let document: Document;
  let ended: DrivenOperation;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    document = (await service.get<Document>('/docs-json')).body;
    ended = await DrivenOperation.ended(service);
  });
  afterAll(() => service.stop());

  const addressOf = (path: string) =>
    path
      .replace('{name}', 'sandbox')
      .replace(/\{\w+\}/, ended.id)
      .replace(/checkStatus$/, `checkStatus?operationId=${ended.id}`);
  const calls = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: addressOf(path) })),
    );

  function expectSecured({ status, headers }: RawAnswer, method: string, path: string): void {
    const { 'cache-control': cached = '', 'x-content-type-options': sniffed } = headers;
    const isOfApi = /^\/(api|%61pi)\//.test(path);
    expect({ method, path, status, sniffed, stored: !cached.split(', ').includes('no-store') && isOfApi }).toEqual({
      method,
      path,
      status: expect.any(Number),
      sniffed: 'nosniff',
      stored: false,
    });
  }

  async function statusOf(method: string, path: string, headers: Headers = [], body = ''): Promise<number> {
    const answer = await requestRaw(service.url, method, path, headers, body);
    expectSecured(answer, method, path);
    return answer.status;
  }

  test('has no-store and nosniff, at every route and by every method', async () => {
    const statuses = new Set<number>();
    for (const { method, path } of calls()) {
      for (const asked of [method, 'HEAD', 'OPTIONS', 'DELETE']) statuses.add(await statusOf(asked, path));
      statuses.add(await statusOf(method, path.replaceAll(ended.id, 'x')));
      statuses.add(await statusOf(method, path.replace('/api/', '/%61pi/')));
    }
    expect([...statuses]).toEqual(expect.arrayContaining([200, 204, 400, 404, 405]));
  });

  test.each(REFUSED)('even if it refuses %s', async (_, headers) => {
    for (const { method, path } of calls())
      if (path.startsWith('/api/')) await statusOf(method, path, headers, method === 'POST' ? '{' : '');
  });

  test('even if the address is unknown or malformed, or nothing has changed', async () => {
    expect(await statusOf('GET', '/api/nowhere')).toBe(404);
    expect(await statusOf('POST', '/api/nowhere')).toBe(404);
    expect(await statusOf('GET', '/api/operations/%zz')).toBe(400);
    expect(await statusOf('GET', `/api/operations/${'x'.repeat(1000)}`)).toBeGreaterThanOrEqual(400);
    expect(await statusOf('GET', `/api/operations/${ended.id}`, [['If-None-Match', '"v3"']])).toBe(304);
    expect(await statusOf('POST', '/api/operations', [['Content-Type', 'application/json']], 'x'.repeat(70_000))).toBe(
      413,
    );
  });

  test('even if it is a stream', async () => {
    const answer = await requestRaw(service.url, 'GET', `/api/operations/${ended.id}/events`, [
      ['Accept', 'text/event-stream'],
    ]);
    expect(answer.headers['content-type']).toBe('text/event-stream');
    expectSecured(answer, 'GET', `/api/operations/${ended.id}/events`);
  });
});

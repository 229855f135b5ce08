import { createContext, runInContext } from 'node:vm';
import { EXAMPLE_OPERATION } from '../../src/operations/contract/example-operation.js';
import { KindRegister } from '../../src/operations/kinds/kind-register.js';
import { PROBLEMS } from '../../src/problems/catalogue.js';
import { type Call, type Document, lint, misfitsIn, responseFor } from '../support/openapi-document.js';
import { Service } from '../support/service.js';

/** The routes of the design's contract, and the service's own. */
const ROUTES = [
  'DELETE /api/webhook-endpoints/{id}',
  'GET /api/audit',
  'GET /api/caller',
  'GET /api/checkStatus',
  'GET /api/keys',
  'GET /api/kinds',
  'GET /api/operations',
  'GET /api/operations/statistics',
  'GET /api/operations/{id}',
  'GET /api/operations/{id}/events',
  'GET /api/operations/{id}/inspection',
  'GET /api/payments/provider',
  'GET /api/payments/{chargeOperationId}',
  'GET /api/webhook-endpoints',
  'GET /api/webhook-endpoints/{id}',
  'GET /api/webhook-endpoints/{id}/deliveries',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'PATCH /api/webhook-endpoints/{id}',
  'POST /api/keys',
  'POST /api/keys/{id}/revoke',
  'POST /api/keys/{id}/roll',
  'POST /api/operations',
  'POST /api/operations/{id}/cancel',
  'POST /api/operations/{id}/resolve',
  'POST /api/operations/{id}/watch-token',
  'POST /api/operations/{id}/watch-tokens/revoke',
  'POST /api/providers/{name}/webhooks',
  'POST /api/start-tokens',
  'POST /api/startOperation',
  'POST /api/webhook-endpoints',
  'POST /api/webhook-endpoints/{id}/deliveries/resend',
  'POST /api/webhook-endpoints/{id}/deliveries/{deliveryId}/resend',
  'POST /api/webhook-endpoints/{id}/rotate-secret',
  'POST /api/webhook-endpoints/{id}/test',
];

/** Of what is no operation, by its path. */
const EXAMPLE_IDS = [
  ['/webhook-endpoints/', '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b71'],
  ['/keys/', '0f3k2m9x1q7z'],
] as const;
const STARTS = '#/components/schemas/StartOperation';
const EXAMPLE_CHARGE = {
  kind: 'payment.charge',
  input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' },
};

type Json = object | string | number | boolean | null;

describe('the OpenAPI document', () => {
  let service: Service;
  let document: Document;
  beforeAll(async () => {
    service = await Service.start({ SHUTDOWN_MS: '0' });
    document = (await service.get<Document>('/docs-json')).body;
  });
  afterAll(() => service.stop());

  const calls = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, call]) => ({ route: `${method.toUpperCase()} ${path}`, call })),
    );
  const call = (route: string): Call => calls().find((candidate) => candidate.route === route)!.call;
  const startExamples = () =>
    Object.entries(call('POST /api/operations').requestBody!.content['application/json']!.examples!);

  test('passes a public linter', async () => {
    // These routes take no input, so they refuse nothing.
    const expected = ['~1health~1live', '~1health~1ready'];
    expect(await lint(document)).toEqual(
      expected.map(
        (path) =>
          `operation-4xx-response at #/paths/${path}/get/responses: Operation must have at least one \`4XX\` response.`,
      ),
    );
  });

  test('has every route, and no other', () => {
    expect(
      calls()
        .map(({ route }) => route)
        .sort(),
    ).toEqual(ROUTES);
  });

  test('a start is a union of the kinds’ starts with kind as its discriminator', async () => {
    const { schemas } = document.components;
    const body = call('POST /api/operations').requestBody!.content['application/json']!;

    expect(body.schema).toEqual({ $ref: STARTS });
    const register = service.outcome.app.get(KindRegister, { strict: false });
    const kinds = register.offered().map(({ name }) => name);
    expect(kinds).toEqual(expect.arrayContaining(['payment.charge', 'payment.refund', 'demo.countdown']));
    expect(register.all().length).toBeGreaterThan(kinds.length);
    const { oneOf, discriminator } = schemas.StartOperation as {
      oneOf: { $ref: string }[];
      discriminator: { propertyName: string; mapping: Record<string, string> };
    };
    expect(discriminator.propertyName).toBe('kind');
    expect(Object.keys(discriminator.mapping).sort()).toEqual(kinds.sort());
    expect(Object.values(discriminator.mapping).sort()).toEqual(
      kinds.map((kind) => `#/components/schemas/Start.${kind}`),
    );
    expect(oneOf.map(({ $ref }) => $ref).sort()).toEqual(Object.values(discriminator.mapping).sort());
    expect(schemas['Start.payment.charge']).toMatchObject({
      required: ['kind', 'input'],
      additionalProperties: false,
      properties: { kind: { enum: ['payment.charge'] }, input: { $ref: '#/components/schemas/PaymentChargeInput' } },
    });
  });

  test('each of its examples of a start is accepted as it stands, unless it needs an existing charge', async () => {
    const examples = startExamples().filter(([, { value }]) => !JSON.stringify(value).includes(EXAMPLE_OPERATION));
    expect(examples.length).toBeGreaterThan(17);
    for (const [, { value }] of examples) {
      const { status, body } = await service.post('/api/operations', value);
      expect([status, body.kind]).toEqual([202, (value as { kind: string }).kind]);
    }
  });

  test('each of its examples for the page of the article is accepted, as JSON and as text', async () => {
    const { content } = call('POST /api/startOperation').requestBody!;
    expect(Object.keys(content)).toEqual(['application/json', 'text/plain']);
    for (const [type, { examples = {} }] of Object.entries(content)) {
      for (const { value } of Object.values(examples)) {
        const { status } = await service.post('/api/startOperation', value, { 'Content-Type': type });
        expect(status).toBe(202);
      }
    }
  });

  test('each call documents its errors as problems, each under a code of the catalogue', () => {
    for (const { route, call } of calls()) {
      for (const [status, { content = {} }] of Object.entries(call.responses)) {
        const problem = content['application/problem+json'];
        if (!problem && (Number(status) < 400 || route === 'GET /health/ready')) continue;
        expect(problem?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
        const codes = Object.keys(problem?.examples ?? {});
        expect(codes.length).toBeGreaterThan(0);
        for (const code of codes) expect(PROBLEMS[code as keyof typeof PROBLEMS].status).toBe(Number(status));
      }
    }
  });

  test('each call says which credentials it takes, and is documented to refuse others', () => {
    const schemes = Object.keys(document.components.securitySchemes);
    expect(schemes).toEqual(['apiKey', 'jwt', 'startToken', 'watchToken']);
    const free = calls().filter(({ call }) => call.security.length === 0);
    expect(free.map(({ route }) => route).sort()).toEqual([
      'GET /api/caller',
      'GET /health/live',
      'GET /health/ready',
      'POST /api/providers/{name}/webhooks',
    ]);
    for (const { call } of calls().filter((each) => each.call.security.length > 0)) {
      // Open access: nobody needs any.
      expect(call.security[0]).toEqual({});
      expect(call.security).toContainEqual({ jwt: [] });
      expect(call.description).toContain(`Needs the scope \`${call['x-scope']}\``);
      expect(Object.keys(call.responses[401]?.content?.['application/problem+json']?.examples ?? {})).toEqual([
        'credentials_missing',
        'credentials_invalid',
        'credentials_expired',
      ]);
      expect(call.responses[403]?.content?.['application/problem+json']?.examples).toHaveProperty('scope_missing');
    }
    expect(call('GET /api/operations/{id}')).toMatchObject({
      'x-scope': 'operations:read',
      security: [{}, { apiKey: [] }, { jwt: [] }, { watchToken: [] }],
    });
    expect(call('POST /api/operations/{id}/resolve').security).not.toContainEqual({ watchToken: [] });
  });

  test('each query parameter says what it is for', () => {
    for (const { route, call } of calls())
      for (const { name, in: where, description } of call.parameters ?? [])
        if (where === 'query' && !description)
          throw new Error(`${name} of ${route} has no description. Give it .meta({ description }) in its Zod schema.`);
  });

  test('each list that a client sends says how long it may be: each item is checked, and each costs', () => {
    const { schemas } = document.components;
    const endless = (schema: Json, at: string): string[] => {
      if (typeof schema !== 'object' || schema === null) return [];
      const { $ref } = schema as { $ref?: string };
      if ($ref) return endless(schemas[$ref.split('/').at(-1) ?? ''] ?? null, at);
      const { type, maxItems } = schema as { type?: string; maxItems?: number };
      return [
        ...(type === 'array' && maxItems === undefined ? [at] : []),
        ...Object.entries(schema).flatMap(([name, inner]) => endless(inner as Json, `${at}.${name}`)),
      ];
    };
    const bodies = calls().flatMap(({ route, call }) =>
      Object.values(call.requestBody?.content ?? {}).map(({ schema }) => ({ route, schema })),
    );

    expect(bodies.flatMap(({ route, schema }) => endless(schema, route))).toEqual([]);
  });

  test('the events are JSON or a stream', () => {
    const { content } = call('GET /api/operations/{id}/events').responses[200]!;
    expect(content).toMatchObject({
      'application/json': { schema: { $ref: '#/components/schemas/OperationHistory' } },
      'text/event-stream': { schema: { type: 'string' } },
    });
  });

  describe('describes what the server really sends', () => {
    const ASKED: [
      string,
      string,
      string,
      (id: string) => { path: string; headers?: Record<string, string>; body?: unknown },
    ][] = [
      [
        'an operation that was accepted',
        'POST',
        '/api/operations',
        () => ({ path: '/api/operations', body: EXAMPLE_CHARGE }),
      ],
      [
        'one that has ended in time',
        'POST',
        '/api/operations',
        () => ({
          path: '/api/operations',
          body: { ...EXAMPLE_CHARGE, metadata: { a: 'b' }, expiresIn: 60 },
          headers: { Prefer: 'wait=30', 'Idempotency-Key': 'once' },
        }),
      ],
      [
        'one that has failed',
        'POST',
        '/api/operations',
        () => ({
          path: '/api/operations',
          body: { ...EXAMPLE_CHARGE, input: { ...EXAMPLE_CHARGE.input, paymentMethod: 'pm_card_visa_chargeDeclined' } },
          headers: { Prefer: 'wait=30' },
        }),
      ],
      [
        'one with progress',
        'POST',
        '/api/operations',
        () => ({
          path: '/api/operations',
          body: { kind: 'demo.countdown', input: { seconds: 1 } },
          headers: { Prefer: 'wait=30' },
        }),
      ],
      ['an operation', 'GET', '/api/operations/{id}', (id) => ({ path: `/api/operations/${id}` })],
      [
        'an operation that has not changed',
        'GET',
        '/api/operations/{id}',
        (id) => ({ path: `/api/operations/${id}`, headers: { 'If-None-Match': '"v3"', Prefer: 'wait=1' } }),
      ],
      ['a list', 'GET', '/api/operations', () => ({ path: '/api/operations?limit=3' })],
      ['a history', 'GET', '/api/operations/{id}/events', (id) => ({ path: `/api/operations/${id}/events` })],
      [
        'a stream of events',
        'GET',
        '/api/operations/{id}/events',
        (id) => ({ path: `/api/operations/${id}/events`, headers: { Accept: 'text/event-stream' } }),
      ],
      [
        'a stream that has ended',
        'GET',
        '/api/operations/{id}/events',
        (id) => ({
          path: `/api/operations/${id}/events`,
          headers: { Accept: 'text/event-stream', 'Last-Event-ID': '3' },
        }),
      ],
      [
        'a cancel that comes too late',
        'POST',
        '/api/operations/{id}/cancel',
        (id) => ({ path: `/api/operations/${id}/cancel` }),
      ],
      ['a start for the page', 'POST', '/api/startOperation', () => ({ path: '/api/startOperation', body: {} })],
      ['a status for the page', 'GET', '/api/checkStatus', (id) => ({ path: `/api/checkStatus?operationId=${id}` })],
      ['liveness', 'GET', '/health/live', () => ({ path: '/health/live' })],
      ['readiness', 'GET', '/health/ready', () => ({ path: '/health/ready' })],
      ['metrics', 'GET', '/metrics', () => ({ path: '/metrics' })],
      ['a body without shape', 'POST', '/api/operations', () => ({ path: '/api/operations', body: [] })],
      [
        'a kind that is none',
        'POST',
        '/api/operations',
        () => ({ path: '/api/operations', body: { kind: 'a.b', input: {} } }),
      ],
      ['a bad parameter', 'GET', '/api/operations', () => ({ path: '/api/operations?limit=0' })],
      [
        'an operation that is not there',
        'GET',
        '/api/operations/{id}',
        () => ({ path: `/api/operations/${EXAMPLE_OPERATION}` }),
      ],
    ];
    /** An operation that ended at version 3, for routes that need one. */
    let id = '';
    beforeAll(async () => {
      id = (await service.charge()).id;
      await service.ending(id);
    });

    test.each(ASKED)('%s', async (_, method, path, asked) => {
      const { path: url, headers = {}, body } = asked(id);
      const answer = await service.request<unknown>(method, url, {
        headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const documented = responseFor(document, method, path, answer.status);

      const named = Object.keys(documented.headers ?? {}).map((name) => name.toLowerCase());
      for (const name of [
        'etag',
        'location',
        'retry-after',
        'preference-applied',
        'idempotent-replayed',
        'x-request-id',
      ]) {
        if (answer.headers.has(name)) expect(named).toContain(name);
      }
      const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
      if (type === '') expect([documented.content, answer.body]).toEqual([undefined, '']);
      else expect(await misfitsIn(answer.body, type, { document, method, path, status: answer.status })).toEqual([]);
    });

    test('all about webhook endpoints', async () => {
      const at = '/api/webhook-endpoints';
      const expectDocumented = async (method: string, path: string, url: string, given?: unknown) => {
        const body = given === undefined ? undefined : JSON.stringify(given);
        const answer = await service.request<{ id: string }>(method, url, {
          headers: { ...(body && { 'Content-Type': 'application/json' }) },
          body,
        });
        const place = { document, method, path, status: answer.status };
        if (answer.status !== 204) expect(await misfitsIn(answer.body, typeOf(answer), place)).toEqual([]);
        return answer.body;
      };
      const typeOf = ({ headers }: { headers: Headers }) => (headers.get('content-type') ?? '').split(';')[0] ?? '';
      // A name that is never resolved, so that nothing is sent.
      const { id } = await expectDocumented('POST', at, at, { url: 'https://shop.invalid/webhooks' });
      await expectDocumented('POST', at, at, { url: 'https://shop.invalid/webhooks' });
      await expectDocumented('GET', at, `${at}?attention=false`);
      const one = `${at}/{id}`;
      await expectDocumented('GET', one, `${at}/${id}`);
      await expectDocumented('GET', one, `${at}/${EXAMPLE_IDS[0][1]}`);
      await expectDocumented('PATCH', one, `${at}/${id}`, { enabled: false });
      await expectDocumented('POST', `${one}/rotate-secret`, `${at}/${id}/rotate-secret`);
      const { id: delivery } = await expectDocumented('POST', `${one}/test`, `${at}/${id}/test`);
      await expectDocumented('GET', `${one}/deliveries`, `${at}/${id}/deliveries`);
      await expectDocumented('POST', `${one}/deliveries/resend`, `${at}/${id}/deliveries/resend`, {
        since: '2026-01-01T00:00:00Z',
      });
      const resend = `${one}/deliveries/{deliveryId}/resend`;
      await expectDocumented('POST', resend, `${at}/${id}/deliveries/${delivery}/resend`);
      await expectDocumented('POST', resend, `${at}/${id}/deliveries/0/resend`);
      await expectDocumented('DELETE', one, `${at}/${id}`);
    });

    test('and an answer with another field or type would be found', async () => {
      const { body } = await service.get(`/api/operations/${id}`);
      const place = { document, method: 'GET', path: '/api/operations/{id}', status: 200 };
      const misfit = (changes: object) => misfitsIn({ ...body, ...changes }, 'application/json', place);

      expect(await misfit({})).toEqual([]);
      expect(await misfit({ secret: 1 })).toHaveLength(1);
      expect(await misfit({ version: '3' })).toHaveLength(1);
      expect(await misfit({ status: 'lost' })).toHaveLength(1);
    });
  });

  describe('in Swagger UI', () => {
    /** The page's configuration, with its script run as in a browser. */
    async function uiOptions() {
      const { body: script } = await service.get<string>('/docs/swagger-ui-init.js');
      let options: {
        requestInterceptor?: (request: { url: string; body?: string }) => Promise<{ url: string; body?: string }>;
      } = {};
      const SwaggerUIBundle = Object.assign(
        (given: typeof options) => ((options = given), { initOAuth: () => undefined }),
        {
          presets: {},
          plugins: {},
        },
      );
      const window = { location: { search: '' }, onload: () => undefined };
      const page = createContext({
        window,
        SwaggerUIBundle,
        SwaggerUIStandalonePreset: {},
        fetch: (path: string, init?: RequestInit) => fetch(service.url + path, init),
      });
      runInContext(script, page);
      window.onload();
      return options;
    }

    test('the operation of an example is the newest one, so that it can be tried out', async () => {
      const { id } = await service.charge();
      const { requestInterceptor } = await uiOptions();
      for (const path of [
        `/api/operations/${EXAMPLE_OPERATION}`,
        `/api/checkStatus?operationId=${EXAMPLE_OPERATION}`,
      ]) {
        const { url } = await requestInterceptor!({ url: service.url + path });
        expect(url).toBe((service.url + path).replace(EXAMPLE_OPERATION, id));
        expect((await fetch(url)).status).toBe(200);
      }
      const other = { url: `${service.url}/api/operations` };
      expect(await requestInterceptor!(other)).toEqual(other);
    });

    test('an example that moves a charge’s money gets a new charge', async () => {
      const { requestInterceptor } = await uiOptions();
      const examples = startExamples().filter(([, { value }]) => JSON.stringify(value).includes(EXAMPLE_OPERATION));
      expect(examples.map(([title]) => title.split(' ')[0]).sort()).toEqual([
        'payment.capture',
        'payment.capture',
        'payment.refund',
        'payment.refund',
        'payment.void',
      ]);
      for (const [, { value }] of examples) {
        const { url, body } = await requestInterceptor!({
          url: `${service.url}/api/operations`,
          body: JSON.stringify(value),
        });
        const headers = { 'Content-Type': 'application/json', Prefer: 'wait=30' };
        const answer = await fetch(url, { method: 'POST', headers, body: body ?? '' });
        expect(await answer.json()).toMatchObject({ kind: (value as { kind: string }).kind, status: 'success' });
      }
    });

    test('each required parameter has an example', () => {
      const others: Record<string, string> = { name: 'sandbox', deliveryId: '42' };
      for (const { route, call } of calls()) {
        const ofOperation = EXAMPLE_IDS.find(([path]) => route.includes(path))?.[1] ?? EXAMPLE_OPERATION;
        for (const { in: place, name, schema } of call.parameters ?? []) {
          if (place === 'path' || name === 'operationId') expect(schema.example).toBe(others[name] ?? ofOperation);
        }
      }
    });
  });
});

import { type Problem, Service } from '../support/service.js';

const INPUT = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
const CHARGE = { kind: 'payment.charge', input: INPUT };
/** A stack, a statement, or the name of a library. */
const OUR_INSIDE = /\bat \S+ \(|\.[jt]s:\d|node_modules|select |insert |jsonb|sqlstate|zod|fastify|typeorm/i;
const JSON_TYPE = { 'Content-Type': 'application/json' };

const charge = (changes: Record<string, unknown>) => ({ ...CHARGE, input: { ...INPUT, ...changes } });
/** Raw JSON, since JSON.stringify would repair some of it. */
const raw = (field: string, json: string) => JSON.stringify(charge({ [field]: 'HERE' })).replace('"HERE"', json);
const nested = (open: string, close: string, levels: number) => open.repeat(levels) + '0' + close.repeat(levels);

describe('bad input', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const rows = async () => {
    const { rows } = await service.database.client.query(
      `SELECT (SELECT count(*) FROM operation) + (SELECT count(*) FROM operation_event) + (SELECT count(*)
        FROM bullmq.job) AS count`,
    );
    return Number(rows[0].count);
  };

  /** Returns the problem, after checking that it reveals no internals and that nothing was stored. */
  async function problem(
    path: string,
    init: { body?: string; headers?: Record<string, string>; method?: string } = {},
  ): Promise<Problem> {
    const before = await rows();
    const { method = init.body === undefined ? 'GET' : 'POST', ...request } = init;
    const { status, headers, body } = await service.request<Problem>(method, path, request);

    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toEqual({
      type: `urn:outcome:problem:${body.code}`,
      title: expect.any(String),
      status,
      code: expect.any(String),
      detail: expect.stringMatching(/\w/),
      requestId: headers.get('x-request-id'),
      ...(body.errors && { errors: body.errors }),
    });
    expect(JSON.stringify(body)).not.toMatch(OUR_INSIDE);
    expect(await rows()).toBe(before);
    return body;
  }

  const problemOf = (body: unknown, headers: Record<string, string> = JSON_TYPE) =>
    problem('/api/operations', { headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const pathsIn = ({ errors = [] }: Problem) => [...new Set(errors.map(({ path }) => path))];

  test.each<[string, unknown, string[]]>([
    ['a field that is not known', { ...CHARGE, colour: 'red', size: 3 }, ['colour', 'size']],
    ['a field that the kind does not know', charge({ colour: 'red', size: 3 }), ['input.colour', 'input.size']],
    [
      'a field that is missing',
      { kind: 'payment.charge', input: {} },
      ['input.amount', 'input.currency', 'input.paymentMethod'],
    ],
    [
      'wrong types',
      charge({ amount: '1999', currency: 978, paymentMethod: null, description: [] }),
      Object.keys(INPUT)
        .map((field) => `input.${field}`)
        .concat('input.description'),
    ],
    ['an input that is no object', { ...CHARGE, input: [INPUT] }, ['input']],
    ['a kind that is no text', { ...CHARGE, kind: 17 }, ['kind']],
    ['an empty kind', { ...CHARGE, kind: '' }, ['kind']],
    ['an amount below zero', charge({ amount: -1 }), ['input.amount']],
    ['an amount of zero', charge({ amount: 0 }), ['input.amount']],
    ['a fraction', charge({ amount: 19.99 }), ['input.amount']],
    ['more than cards can pay', charge({ amount: 1_000_000_000_000 }), ['input.amount']],
    ['a huge amount', raw('amount', '1e308'), ['input.amount']],
    ['an amount beyond numbers', raw('amount', '1e999'), ['input.amount']],
    ['a currency of no payments', charge({ currency: 'XTS' }), ['input.currency']],
    ['a currency that is none', charge({ currency: 'ABC' }), ['input.currency']],
    ['a currency in lower case', charge({ currency: 'eur' }), ['input.currency']],
    ['a payment method that is no token', charge({ paymentMethod: 'visa' }), ['input.paymentMethod']],
    ['a description that is too long', charge({ description: 'x'.repeat(501) }), ['input.description']],
    ['notes that are too long', { ...CHARGE, metadata: { note: 'x'.repeat(501) } }, ['metadata.note']],
    ['a note with a long name', { ...CHARGE, metadata: { ['n'.repeat(41)]: '' } }, [`metadata.${'n'.repeat(41)}`]],
    [
      'too many notes',
      { ...CHARGE, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`n${at}`, ''])) },
      ['metadata'],
    ],
    ['notes that are no text', { ...CHARGE, metadata: { a: 1, b: { c: '' } } }, ['metadata.a', 'metadata.b']],
    ['a deadline in the past', { ...CHARGE, expiresIn: -1 }, ['expiresIn']],
    ['a deadline beyond 30 days', { ...CHARGE, expiresIn: 30 * 24 * 60 * 60 + 1 }, ['expiresIn']],
    ['no object', [CHARGE], ['']],
    ['a NUL character', raw('description', String.raw`"a\u0000b"`), ['input.description']],
    ['half a character', raw('orderId', String.raw`"\ud83d"`), ['input.orderId']],
    ['half a character the other way', { ...CHARGE, metadata: { note: '\udc00 at the start' } }, ['metadata.note']],
    ['a NUL character in a name', { ...CHARGE, metadata: { 'a\0': '' } }, ['metadata.(a key)']],
    ['half a character in a name', { ...CHARGE, '\ud83d': '' }, ['(a key)']],
    ['a NUL character in the kind', { ...CHARGE, kind: 'payment.\0' }, ['kind']],
    [
      'a name that is the prototype’s',
      `{"kind":"payment.charge","__proto__":{"input":${JSON.stringify(INPUT)}}}`,
      ['(a key)'],
    ],
    [
      'a note under the prototype’s name',
      `{"kind":"payment.charge","input":${JSON.stringify(INPUT)},"metadata":{"__proto__":"x"}}`,
      ['metadata.(a key)'],
    ],
    ['a constructor with a prototype', { ...CHARGE, constructor: { prototype: { admin: true } } }, ['constructor']],
  ])('%s is refused with the path of each error', async (_, body, paths) => {
    const problem = await problemOf(body);

    expect([problem.status, problem.code]).toEqual([422, 'invalid_body']);
    expect(pathsIn(problem)).toEqual(paths);
    for (const { message } of problem.errors ?? []) expect(message).toMatch(/\w/);
  });

  test.each([
    ['arrays', nested('[', ']', 30_000)],
    ['arrays in a field', raw('amount', nested('[', ']', 30_000))],
    ['objects', nested('{"a":', '}', 9000)],
    ['objects in a field', raw('description', nested('{"a":', '}', 9000))],
  ])('thousands of nested %s do not exhaust the service', async (_, body) => {
    const problem = await problemOf(body);

    expect([problem.status, problem.code]).toEqual([422, 'invalid_body']);
    expect(problem.errors?.[0]?.message).toContain('64 levels');
  });

  test('a body with thousands of unknown fields is not answered at ten times its length', async () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 7000 }, (_, at) => [at, 0])));
    expect((await problemOf(body)).errors).toHaveLength(100);
  });

  test.each(['nobody.knows', '__proto__', 'constructor', 'toString'])(
    'the unknown kind %s is refused with the list of kinds',
    async (kind) => {
      const problem = await problemOf({ ...CHARGE, kind });

      expect([problem.status, problem.code]).toEqual([422, 'unknown_kind']);
      expect(problem.detail).toContain(kind);
      expect(problem.detail).toContain('payment.charge');
    },
  );

  test.each([
    ['a broken body', '{"kind":"payment.charge","input":', JSON_TYPE, 400, 'malformed_json'],
    ['an empty body', '', JSON_TYPE, 400, 'malformed_json'],
    [
      'a body over 64 KiB',
      JSON.stringify({ ...CHARGE, metadata: { note: 'x'.repeat(64 * 1024) } }),
      JSON_TYPE,
      413,
      'body_too_large',
    ],
    ['text', JSON.stringify(CHARGE), { 'Content-Type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a string without a type, which goes as text', JSON.stringify(CHARGE), {}, 415, 'unsupported_media_type'],
    [
      'a form',
      'kind=payment.charge',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['XML', '<charge/>', { 'Content-Type': 'application/xml' }, 415, 'unsupported_media_type'],
  ])('%s is refused', async (_, body, headers, status, code) => {
    expect(await problemOf(body, headers)).toMatchObject({ status, code });
  });

  test('a body is accepted up to 64 KiB, counted in bytes', async () => {
    const padded = (length: number) => JSON.stringify(CHARGE).padEnd(length, ' ');
    const { status } = await service.request('POST', '/api/operations', {
      headers: JSON_TYPE,
      body: padded(64 * 1024),
    });

    expect(status).toBe(202);
    expect(await problemOf(padded(64 * 1024 + 1))).toMatchObject({ status: 413 });
  });

  test.each([
    ['/api/operations/1', 'id'],
    ['/api/operations/01997b1c-8e58-7cc3-9b4e', 'id'],
    ["/api/operations/' OR 1=1", 'id'],
    ['/api/operations/%00', 'id'],
    ['/api/operations/1/events', 'id'],
    ['/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70/events?after=x', 'after'],
    ['/api/operations?cursor=x', 'cursor'],
    ['/api/operations?cursor=', 'cursor'],
    [`/api/operations?cursor=${Buffer.from("' OR 1=1").toString('base64url')}`, 'cursor'],
    ['/api/operations?limit=0', 'limit'],
    ['/api/operations?limit=101', 'limit'],
    ['/api/operations?limit=1.5', 'limit'],
    ['/api/operations?limit=all', 'limit'],
    ['/api/operations?limit=1&limit=2', 'limit'],
    ['/api/operations?status=lost', 'status.0'],
    ['/api/operations?status=', 'status.0'],
    ['/api/operations?status=success,lost', 'status.1'],
    ['/api/operations?kind=%00', 'kind'],
    ['/api/operations?kind=%ED%A0%80', 'kind'],
    ['/api/operations/statistics?minutes=0', 'minutes'],
    ['/api/operations?attention=yes', 'attention'],
    ['/api/checkStatus', 'operationId'],
    ['/api/checkStatus?operationId=1', 'operationId'],
  ])('%s is refused, naming %s', async (path, parameter) => {
    const refused = await problem(path);

    expect([refused.status, refused.code, pathsIn(refused)]).toEqual([400, 'invalid_parameter', [parameter]]);
    expect(refused.detail).toContain(parameter);
  });

  test.each([
    ['POST', '/api/providers/nobody/webhooks', 404, 'provider_not_found'],
    ['POST', '/api/providers/%00/webhooks', 404, 'provider_not_found'],
    ['GET', '/nowhere', 404, 'route_not_found'],
    ['GET', '/api', 404, 'route_not_found'],
    ['PUT', '/api/operations', 405, 'method_not_allowed'],
    ['DELETE', '/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70', 405, 'method_not_allowed'],
    ['GET', '/api/operations/%zz', 400, 'bad_request'],
    ['POST', '/api/operations/1/cancel', 400, 'invalid_parameter'],
    ['GET', '/api/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70', 404, 'operation_not_found'],
    ['GET', '/api/checkStatus?operationId=01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70', 404, 'operation_not_found'],
  ])('%s %s is answered %i %s', async (method, path, status, code) => {
    expect(await problem(path, { method })).toMatchObject({ status, code });
  });
});

import { requestRaw } from '../support/raw-request.js';
import { type Problem, Service } from '../support/service.js';

const CHARGE = {
  kind: 'payment.charge',
  input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa', description: 'André' },
};
const JSON_TEXT = JSON.stringify(CHARGE);
const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const BOM = '\uFEFF';

/** Every route that takes JSON, with a JSON body that it refuses only for its meaning. */
const JSON_ROUTES = [
  ['/api/operations', '{"kind":"nobody.knows","input":{}}'],
  ['/api/startOperation', '{"kind":"nobody.knows","input":{}}'],
  [`/api/operations/${ID}/resolve`, '{"by":"Ada","reason":"Seen."}'],
  ['/sandbox/confirmations', '{"clientSecret":"of nobody","approve":true}'],
] as const;

describe('a body', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const post = async (
    path: string,
    body: string | Uint8Array,
    type = 'application/json',
    more: [string, string][] = [],
  ) => {
    const {
      status,
      headers,
      body: text,
    } = await requestRaw(service.url, 'POST', path, [['Content-Type', type], ...more], body);
    return { status, headers, body: JSON.parse(text) as Problem & { id: string } };
  };
  const operations = async () =>
    Number((await service.database.client.query('SELECT count(*) FROM operation')).rows[0].count);

  describe.each(JSON_ROUTES)('of POST %s', (path, known) => {
    test('is accepted with a byte order mark, and with any spelling of its type', async () => {
      const plain = await post(path, known);
      const types = [
        'application/json;charset=utf-8',
        'Application/JSON; Charset="UTF-8"',
        'application/json; charset=utf8',
        'application/problem+json',
      ];
      const answers = await Promise.all([post(path, BOM + known), ...types.map((type) => post(path, known, type))]);

      expect(['unknown_kind', 'operation_not_found', 'payment_not_found']).toContain(plain.body.code);
      for (const { body } of answers) expect(body.code).toBe(plain.body.code);
    });

    test.each([
      ['Latin-1', Buffer.from('{"a":"Andr\xe9"}', 'latin1')],
      ['UTF-16', Buffer.from(`${BOM}{"a":1}`, 'utf16le')],
      ['half a character', Buffer.from('{"a":"💶"}').subarray(0, 8)],
      ['a surrogate that is encoded by itself', Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22])],
    ])('is refused if it is %s and not UTF-8', async (_, body) => {
      const answer = await post(path, body);

      expect([answer.status, answer.body.code]).toEqual([400, 'malformed_json']);
      expect(answer.body.detail).toContain('UTF-8');
    });

    test.each([
      'application/json; charset=iso-8859-1',
      'application/json;charset="UTF-16"',
      'application/json; charset=x',
    ])('is refused as %s', async (type) =>
      expect((await post(path, known, type)).body).toMatchObject({ status: 415, code: 'unsupported_media_type' }),
    );

    test('is refused if it is compressed, since the service does not decompress', async () => {
      const { body } = await post(path, known, 'application/json', [['Content-Encoding', 'gzip']]);
      expect(body).toMatchObject({
        status: 415,
        code: 'unsupported_media_type',
        detail: expect.stringContaining('gzip'),
      });
    });
  });

  test.each([
    ['application/json', '400 malformed_json'],
    ['application/x-www-form-urlencoded', '400 malformed_json'],
    ['text/plain', '400 malformed_json'],
  ])('without bytes counts as missing, not as a wrong type: %s', async (type, expected) => {
    const headers: [string, string][] = [
      ['Content-Type', type],
      ['Content-Length', '0'],
    ];
    const { body } = await requestRaw(service.url, 'POST', '/api/operations', headers);
    const { status, code, detail } = JSON.parse(body) as Problem;

    expect(`${status} ${code}`).toBe(expected);
    expect(detail).toContain('found none');
  });

  test('in another encoding is another request under the key, and is stored as decoded', async () => {
    const key: [string, string][] = [['Idempotency-Key', 'bytes']];
    const latin = (text: string) => Buffer.from(JSON_TEXT.replace('André', text), 'latin1');
    const before = await operations();
    const problems = await Promise.all([
      post('/api/operations', latin('Andr\xe9'), undefined, key),
      post('/api/operations', latin('Andr\xe8'), undefined, key),
    ]);
    expect(problems.map(({ status }) => status)).toEqual([400, 400]);
    expect(await operations()).toBe(before);

    const [started, again] = [
      await post('/api/operations', JSON_TEXT, undefined, key),
      await post('/api/operations', BOM + JSON_TEXT, undefined, key),
    ];
    expect([started.status, again.status, again.headers['idempotent-replayed'], again.body.id]).toEqual([
      202,
      202,
      'true',
      started.body.id,
    ]);
    const { rows } = await service.database.client.query<{ input: unknown }>(
      'SELECT input FROM operation WHERE id = $1',
      [started.body.id],
    );
    expect(rows[0]?.input).toMatchObject({ description: 'André' });
  });
});

/** Requests as the clients in the issue send them, and some unlikely ones. */
const WITHOUT_A_BODY: [string, [string, string][], string?][] = [
  ['nothing at all', []],
  ['no bytes', [['Content-Length', '0']]],
  ['curl -H JSON', [['Content-Type', 'application/json']]],
  [
    'curl -d ""',
    [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Content-Length', '0'],
    ],
  ],
  [
    'no bytes in chunks',
    [
      ['Content-Type', 'application/json'],
      ['Transfer-Encoding', 'chunked'],
    ],
    '0\r\n\r\n',
  ],
  ['a form', [['Content-Type', 'application/x-www-form-urlencoded']], 'a=b'],
  ['JSON', [['Content-Type', 'application/json']], '{}'],
  ['broken JSON', [['Content-Type', 'application/json']], '{'],
  ['null', [['Content-Type', 'application/json']], 'null'],
  ['another charset', [['Content-Type', 'text/xml; charset=utf-16']], '<a/>'],
  ['a type that is none', [['Content-Type', 'undefined']], '{}'],
  ['an empty type', [['Content-Type', '']]],
  ['bytes without a type', [], '\u0000'],
];

describe('a route that reads no body', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const send = (path: string, [, headers, body = '']: (typeof WITHOUT_A_BODY)[number]) =>
    requestRaw(service.url, 'POST', path, headers, body);

  test.each(WITHOUT_A_BODY)('cancels with %s', async (...sent) => {
    const { id } = await service.charge();
    const { status, body } = await send(`/api/operations/${id}/cancel`, sent);

    expect([status, JSON.parse(body)]).toMatchObject([200, { id, status: 'canceled' }]);
  });

  test.each(WITHOUT_A_BODY)('answers the bank’s page with %s', async (...sent) => {
    const { status } = await send(`/sandbox/authenticate/${'0'.repeat(32)}/approve`, sent);
    expect(status).toBe(404);
  });

  test.each(WITHOUT_A_BODY)('answers 404 with %s', async (...sent) => {
    const { body } = await send('/nowhere', sent);
    expect(JSON.parse(body)).toMatchObject({ code: 'route_not_found' });
  });
});

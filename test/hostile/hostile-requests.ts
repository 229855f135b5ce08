import fc from 'fast-check';
import { hostileText, hostileValue, jsonOf, PLANTED, type Resolve, type Schema, valueOf } from './hostile-values.js';

export interface HostileRequest {
  /** As the document has it, such as /api/operations/{id}. */
  path: string;
  method: string;
  target: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

interface Parameter {
  name: string;
  in: string;
  schema?: Schema;
}

interface Call {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }> };
}

export interface Described {
  paths: Record<string, Record<string, Call>>;
  components: { schemas: Record<string, Schema> };
}

const text: Schema = { type: 'string' };
const inPath = (...names: string[]): Parameter[] => names.map((name) => ({ name, in: 'path', schema: text }));
const inQuery = (...names: string[]): Parameter[] => names.map((name) => ({ name, in: 'query', schema: text }));
const jsonBody = (properties: Record<string, Schema>) => ({
  content: { 'application/json': { schema: { type: 'object', properties } } },
});
const hub = inQuery('id', 'access_token');

/** Routes without documentation: of the page, the sandbox, the sockets and the documents themselves. */
const UNDOCUMENTED: Described['paths'] = {
  '/': { get: {} },
  '/operations/{id}': { get: { parameters: inPath('id') } },
  '/docs/{file}': { get: { parameters: inPath('file') } },
  '/sandbox/authenticate/{token}': { get: { parameters: inPath('token') } },
  '/sandbox/authenticate/{token}/{answer}': { post: { parameters: inPath('token', 'answer') } },
  '/sandbox/confirmations': {
    post: { requestBody: jsonBody({ clientSecret: text, approve: { type: 'boolean' } }) },
  },
  '/sandbox/charges/{charge}/{act}': {
    post: { parameters: inPath('charge', 'act'), requestBody: jsonBody({ amount: { type: 'integer' } }) },
  },
  '/hubs/operations': { get: { parameters: hub }, post: { parameters: hub }, delete: { parameters: hub } },
  '/hubs/operations/negotiate': { post: { parameters: inQuery('negotiateVersion') } },
  '/socket.io/': {
    get: { parameters: inQuery('EIO', 'transport', 'sid', 't', 'b64') },
    post: { parameters: inQuery('EIO', 'transport', 'sid'), requestBody: jsonBody({}) },
  },
  '/{anything}': { get: { parameters: inPath('anything') }, post: { parameters: inPath('anything') } },
};

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/json;;;=',
  'application/merge-patch+json',
  'text/plain',
  'text/html',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  '/',
  'a'.repeat(3_000),
];

/** Node sends no other characters in a header. */
const asHeader = (value: string) =>
  Buffer.from(value)
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');

/** At times more than Node takes of a whole head. */
const shortened = (most: number) =>
  fc.oneof({ weight: 19, arbitrary: fc.constant(most) }, { weight: 1, arbitrary: fc.constant(20_000) });

const headerText = fc.tuple(hostileText, shortened(2_000)).map(([value, most]) => asHeader(value).slice(0, most));

/** None waits longer than a second. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  Prefer: [
    'wait=1',
    'wait=0',
    'wait=-1',
    'wait="1"',
    'wait=1, until=end',
    'until=end',
    'wait=1,'.repeat(500),
    ',;=,"\\',
  ],
  'If-None-Match': ['*', '"v1"', 'W/"v1"', '"v3"', '"v999999999"', '"v1",'.repeat(1_000), '"v'.repeat(2_000)],
  'Last-Event-ID': ['0', '-1', '1', '1e9', '0x1', '9'.repeat(400), '2147483648', ' 1 '],
  'Idempotency-Key': ['k', '"k"', '""', '"', '"\\"', 'a'.repeat(256), PLANTED, '4242424242424242'],
  Accept: ['text/event-stream', 'text/event-stream;q=0', '*/*;q=2', 'text/*,'.repeat(800), 'application/xml'],
  'Accept-Encoding': ['gzip', 'identity;q=0', 'br;q=1.1'],
  Range: ['bytes=0-', 'bytes=9-1', 'bytes=0-0,1-1', `bytes=${'0-1,'.repeat(1_000)}`],
  'If-Range': ['"x"'],
  'If-Modified-Since': ['yesterday'],
  Origin: ['null', 'https://evil.example', 'http://localhost'],
  'Sec-Fetch-Site': ['cross-site', 'same-origin', 'x'],
  Host: ['evil.example', '127.0.0.1:1', '[::1', 'localhost', 'a'.repeat(300)],
  Authorization: ['Bearer', `Bearer ${PLANTED}`, `Basic ${PLANTED}`, 'Bearer a.b.c', ''],
  Cookie: [`a=${PLANTED}`, 'a='.repeat(2_000)],
  'X-Request-Id': ['ok', '../..', 'a'.repeat(101), '4242424242424242'],
  'X-Forwarded-For': ['127.0.0.1', '::1, 10.0.0.1', ','.repeat(1_000)],
  'X-Forwarded-Host': ['evil.example'],
  Forwarded: ['for=127.0.0.1;host=evil.example;proto=https'],
  'X-HTTP-Method-Override': ['DELETE'],
  traceparent: ['00-00000000000000000000000000000000-0000000000000000-00', 'x'],
  'Content-Encoding': ['gzip', 'identity', 'deflate, br', 'x'],
  'Content-Type': TYPES,
  'Stripe-Signature': [`t=1,v1=${PLANTED}`, 't=,v1=,'.repeat(500)],
  'Webhook-Signature': [`v1,${PLANTED}`],
};

/** Those that are looked at before all else, so that they hide what comes after. */
const FIRST = ['Host', 'Origin', 'Sec-Fetch-Site'];
const LATER = Object.keys(HEADERS).filter((name) => !FIRST.includes(name));

const headers = fc
  .array(
    fc
      .oneof({ weight: 29, arbitrary: fc.constantFrom(...LATER) }, { weight: 1, arbitrary: fc.constantFrom(...FIRST) })
      .chain((name) =>
        fc.tuple(
          fc.constant(name),
          // The log has it, where it has the form of a name.
          name === 'X-Request-Id'
            ? fc.constantFrom(...HEADERS[name]!)
            : fc.oneof(fc.constantFrom(...HEADERS[name]!), headerText),
        ),
      ),
    { maxLength: 4 },
  )
  .map((given) => Object.fromEntries(given));

const encoded = (value: string) => encodeURIComponent(Buffer.from(value).toString());

const piece = fc.oneof(
  fc.tuple(hostileText, shortened(2_000)).map(([value, most]) => encoded(value).slice(0, most)),
  fc.constantFrom('%', '%zz', '%00', '%ff', '%2e%2e%2f', '..', '.', ';a=b', '/', '//', '-1', '0', '9'.repeat(400)),
);

const more = fc.array(
  fc.tuple(fc.constantFrom('__proto__', 'a[]', 'a[b][c]', 'limit', 'cursor', 'status', 'id', '', '%'), piece),
  { maxLength: 3 },
);

/** The bytes of a text, at times in an encoding that is not that of JSON. */
const bytesOf = (json: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 12, arbitrary: json.map((given) => Buffer.from(given)) },
    { weight: 1, arbitrary: json.map((given) => Buffer.from(given, 'utf16le')) },
    { weight: 1, arbitrary: json.map((given) => Buffer.from(given, 'latin1')) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  );

/**
 * Requests for every call of the document, and for routes without documentation: as described, nearly as described, and
 * nothing like it.
 * @param known values for parameters in the path, such as the ids of operations that exist
 */
export function hostileRequests(
  { paths, components }: Described,
  known: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<HostileRequest> {
  const resolve: Resolve = (ref) => components.schemas[ref.split('/').at(-1) ?? ''] ?? {};
  const calls = Object.entries({ ...paths, ...UNDOCUMENTED }).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, call]) => ({ path, method: method.toUpperCase(), call })),
  );
  const requestsOf = ({ path, method, call: { parameters = [], requestBody } }: (typeof calls)[number]) => {
    const valueFor = ({ name, schema = {} }: Parameter) =>
      fc.oneof(
        ...(known[name] ? [fc.constantFrom(...known[name])] : []),
        valueOf(schema, resolve).map((value) => encoded(String(value))),
        piece,
      );
    const ofPlace = (place: string) => parameters.filter((each) => each.in === place);
    const target = fc
      .tuple(
        fc.tuple(...ofPlace('path').map(valueFor)),
        fc.option(fc.tuple(...ofPlace('query').map((each) => fc.tuple(fc.constant(each.name), valueFor(each)))), {
          nil: [],
          freq: 4,
        }),
        fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: more }),
      )
      .map(([inside, query, others]) => {
        const given = [...inside];
        const whole = path.replaceAll(/\{\w+\}/g, () => given.shift() ?? '');
        const asked = [...query, ...others].map(([name, value]) => `${name}=${value}`).join('&');
        return asked === '' ? whole : `${whole}?${asked}`;
      });
    const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema, examples = {} }]) => {
      const values = Object.values(examples).map(({ value }) => value);
      const made = valueOf(schema, resolve);
      const valid = values.length > 0 ? fc.oneof(fc.constantFrom(...values), made) : made;
      return fc.tuple(fc.constant(type), bytesOf(jsonOf(valid)));
    });
    const none = fc.constant([undefined, undefined] as const);
    const stray = fc.tuple(fc.constantFrom(...TYPES), bytesOf(jsonOf(hostileValue)));
    const body =
      bodies.length > 0
        ? fc.oneof(
            { weight: 12, arbitrary: fc.oneof(...bodies) },
            { weight: 1, arbitrary: stray },
            { weight: 1, arbitrary: none },
          )
        : fc.oneof({ weight: 6, arbitrary: none }, { weight: 1, arbitrary: stray });
    const asked = fc.oneof(
      { weight: 15, arbitrary: fc.constant(method) },
      { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
    );
    return fc.record({ target, headers, body, asked }).map((made) => ({
      path,
      method: made.asked,
      target: made.target,
      headers: { ...(made.body[0] !== undefined && { 'Content-Type': made.body[0] }), ...made.headers },
      body: made.body[1],
    }));
  };
  const weighted = calls.map((each) => ({
    // A body has the most places where something can be wrong.
    weight: each.path === '/api/operations' && each.method === 'POST' ? 12 : each.call.requestBody ? 3 : 1,
    arbitrary: requestsOf(each),
  }));
  return fc.oneof(...weighted);
}

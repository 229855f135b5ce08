import { type Problem, Service } from '../support/service.js';
import { ServiceProcess } from '../support/service-process.js';

const NUMBER = '4242424242424242';
const GROUPED = '4242 4242 4242 4242';
const INPUT = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
const charge = (more: Record<string, unknown>, input: Record<string, unknown> = {}) => ({
  kind: 'payment.charge',
  input: { ...INPUT, ...input },
  ...more,
});

const REFUSED: [string, unknown, string, Record<string, string>?][] = [
  ['in a field', charge({}, { description: `card ${NUMBER}` }), 'input.description'],
  [
    'with spaces, and its expiry date behind it',
    charge({}, { description: `${GROUPED} 12 27 123` }),
    'input.description',
  ],
  ['with thin spaces', charge({}, { description: GROUPED.replaceAll(' ', '\u2009') }), 'input.description'],
  ['from the stripe of the card', charge({ metadata: { read: `%B${NUMBER}^DOE/JOHN^2712` } }), 'metadata.read'],
  [
    'in an address',
    charge({ metadata: { from: `https://shop.example/?card=${encodeURIComponent(GROUPED)}` } }),
    'metadata.from',
  ],
  ['with dashes', charge({}, { orderId: '4242-4242-4242-4242' }), 'input.orderId'],
  ['instead of a token', charge({}, { paymentMethod: `pm_${NUMBER}` }), 'input.paymentMethod'],
  ['as a number', charge({}, { amount: Number(NUMBER) }), 'input.amount'],
  ['in a note', charge({ metadata: { safe: 'yes', card: GROUPED } }), 'metadata.card'],
  ['as the name of a note', charge({ metadata: { [NUMBER]: 'x' } }), 'metadata.(a key)'],
  [
    'as the name of a note that is too long',
    charge({ metadata: { [`${NUMBER} ${'x'.repeat(40)}`]: 'x' } }),
    'metadata.(a key)',
  ],
  ['as a field that is not known', charge({ [NUMBER]: true }), '(a key)'],
  ['deep in a field that is not known', charge({ a: [{ b: [0, { c: `x${NUMBER}x` }] }] }), 'a.0.b.1.c'],
  ['as a field that the kind does not know', charge({}, { [GROUPED]: {} }), 'input.(a key)'],
  ['as the kind', { kind: NUMBER, input: {} }, 'kind'],
  ['as the idempotency key', charge({}), 'Idempotency-Key', { 'Idempotency-Key': `order-${NUMBER}` }],
];

describe('a card number', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start()));
  afterAll(() => service.stop());

  /** The tables that contain the digits in any column. */
  async function tablesWith(digits: string): Promise<string[]> {
    const { client } = service.database;
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const found: string[] = [];
    for (const { name } of rows) {
      const { rowCount } = await client.query(
        `SELECT FROM ${name} AS t WHERE translate(t::text, ' -', '') LIKE $1 LIMIT 1`,
        [`%${digits}%`],
      );
      if (rowCount) found.push(name);
    }
    return found;
  }

  test.each(REFUSED)('is refused %s, with its path and without its digits', async (_, body, path, headers = {}) => {
    const { status, body: problem } = await service.post<Problem>('/api/operations', body, headers);

    expect([status, problem.code]).toEqual([422, 'card_number_refused']);
    expect(problem.detail).toContain(` ${path}.`);
    expect(JSON.stringify(problem).replace(/[ -]/g, '')).not.toContain(NUMBER);
  });

  test('is refused even beside other errors, which are then not listed', async () => {
    const body = { kind: 'payment.charge', input: { [NUMBER]: 1, amount: -1 }, unknown: NUMBER };
    expect((await service.post<Problem>('/api/operations', body)).body.code).toBe('card_number_refused');
  });

  test('that was received is stored in no table', async () => {
    const { id } = await service.charge('pm_card_visa', { metadata: { order: 'A-1001' } });
    for (const [, body, , headers] of REFUSED) await service.post('/api/operations', body, headers);
    await service.post('/api/operations', charge({}), { 'X-Request-Id': NUMBER });
    await service.request('POST', '/api/startOperation', { body: JSON.stringify({ card: NUMBER }) });
    await service.ending(id);

    expect(await tablesWith('A1001')).toContain('public.operation');
    expect(await tablesWith(NUMBER)).toEqual([]);
  });

  test('that was received is in no log line', async () => {
    const process = ServiceProcess.spawn({ DATABASE_URL: service.database.url, LOG_LEVEL: 'trace' });
    const url = await process.ready();
    for (const [, body, , headers] of REFUSED) {
      await fetch(`${url}/api/operations`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Request-Id': NUMBER, ...headers },
        body: JSON.stringify(body),
      });
    }
    await fetch(`${url}/api/startOperation`, { method: 'POST', body: JSON.stringify({ card: GROUPED }) });
    const asked = await fetch(`${url}/api/operations?${NUMBER}=${NUMBER}`);
    expect(asked.status).toBe(200);
    const { output } = await process.kill('SIGTERM');

    expect(output.match(/"status":4/g)).toHaveLength(REFUSED.length + 1);
    expect(output.replace(/[ -]/g, '')).not.toContain(NUMBER);
  });

  test.each([
    ['an order’s number', '2024-0001-4711-0815'],
    ['a key with a UUID', 'order_af613155-2987-4990-bc6a-e9aa2ab64487'],
    ['a UUID', '62042424-2424-4242-8242-424242424242'],
    ['the hash of something', 'd4242424242424242aa11b2c3d4e5f60718293a4b5c6d7e8f901234567890abc'],
    ['a phone number', '+62 812 3456 7890 12'],
    ['a phone number without a plus', '6281234567894'],
    ['a time in milliseconds', '1764000000000'],
    ['a number that fails Luhn’s check', '4242424242424243'],
    ['a number of no network', '9999999999999995'],
    ['a longer number', '42424242424242424242424242'],
    ['the end of a card number', 'Visa **** 4242'],
  ])('is not detected in %s', async (_, text) => {
    const headers: Record<string, string> = /^[\x21-\x7e]+$/.test(text) ? { 'Idempotency-Key': text } : {};
    const started = await service.start(
      'payment.charge',
      { ...INPUT, orderId: text },
      { headers, metadata: { [text.slice(0, 40)]: text } },
    );
    expect(started.status).toBe(202);
  });
});

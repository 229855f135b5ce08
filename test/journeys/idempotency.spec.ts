import { createHash } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import { startBody } from '../../src/operations/contract/operation.contract.js';
import { type Problem, Service } from '../support/service.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

describe('an idempotency key', () => {
  let service: Service;
  let neighbour: Service;
  beforeAll(async () => {
    service = await Service.start();
    neighbour = await Service.start({ ROLES: 'api' }, service.database);
  });
  afterAll(async () => {
    await neighbour.stop();
    await service.stop();
  });

  const under = (key: string) => ({ headers: { 'Idempotency-Key': key } });
  const operations = async () =>
    Number((await service.database.client.query('SELECT count(*) FROM operation')).rows[0].count);

  test('finds its operation after the operation has ended', async () => {
    const first = await service.start('payment.charge', CHARGE, under('order 1'));
    await service.ending(first.body.id);
    const again = await service.start('payment.charge', CHARGE, under('order 1'));

    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([202, null]);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.headers.get('location')).toBe(`/api/operations/${first.body.id}`);
    expect(again.body).toMatchObject({ id: first.body.id, status: 'success' });
    expect(await service.charges(first.body.id)).toBe(1);
  });

  test('covers the body as sent: a kind’s defaults may change between two requests', async () => {
    const headers = { 'Idempotency-Key': 'order 1b', 'Content-Type': 'application/json' };
    const body = { kind: 'payment.charge', input: CHARGE };
    const { body: first } = await service.post('/api/operations', body, headers);
    const { rows } = await service.database.client.query<{ hash: string }>(
      'SELECT request_hash AS hash FROM operation WHERE id = $1',
      [first.id],
    );
    const asSent = stringify({ ...body, metadata: {} }) ?? '';
    expect(rows[0]?.hash).toBe(createHash('sha256').update(asSent).digest('hex'));
  });

  test('finds its operation while it runs, however the body is written, and can wait for it', async () => {
    const { body: first } = await service.start(
      'demo.countdown',
      { seconds: 60 },
      { ...under('order 2'), metadata: { a: '1', b: '2' } },
    );
    const otherwise = '{ "metadata": {"b": "2", "a": "1"},\n "input": {"seconds": 60.0}, "kind": "demo.countdown" }';
    const send = (more: Record<string, string>) =>
      service.request('POST', '/api/operations', {
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'order 2', ...more },
        body: otherwise,
      });
    const running = await send({});
    const waiting = send({ Prefer: 'wait=30' });
    await service.request('POST', `/api/operations/${first.id}/cancel`);
    const awaited = await waiting;

    expect([running.status, running.body.id, running.headers.get('idempotent-replayed')]).toEqual([
      202,
      first.id,
      'true',
    ]);
    expect([awaited.status, awaited.body.id, awaited.headers.get('idempotent-replayed')]).toEqual([
      200,
      first.id,
      'true',
    ]);
    expect(awaited.body.status).toBe('canceled');
  });

  /** A different start for each field; a new field must be added here. */
  const OTHERWISE: Record<keyof typeof startBody.shape, object> = {
    kind: { kind: 'demo.countdown', input: { seconds: 1 } },
    input: { input: { ...CHARGE, amount: 2000 } },
    metadata: { metadata: { a: '1' } },
    expiresIn: { expiresIn: 60 },
    cancelable: { cancelable: true },
  };

  test.each([...Object.keys(startBody.shape), 'input: a field more'])(
    'is refused with another body: %s',
    async (what) => {
      const change =
        what === 'input: a field more'
          ? { input: { ...CHARGE, orderId: 'A-1' } }
          : OTHERWISE[what as keyof typeof OTHERWISE];
      if (!change)
        throw new Error(`A start has got the field ${what}: add to OTHERWISE a start that differs in it alone.`);
      const { body: first } = await service.start('payment.charge', CHARGE, under(`reused: ${what}`));
      const before = await operations();
      const { status, body } = await service.post<Problem>(
        '/api/operations',
        { kind: 'payment.charge', input: CHARGE, ...change },
        under(`reused: ${what}`).headers,
      );

      expect([status, body.code]).toEqual([422, 'idempotency_key_reused']);
      expect(body.detail).toContain(first.id);
      expect(await operations()).toBe(before);
    },
  );

  test('starts one operation and one charge for 20 concurrent requests to two processes', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        [service, neighbour][at % 2]!.start('payment.charge', CHARGE, under('all at once')),
      ),
    );
    const ids = new Set(answers.map(({ body }) => body.id));
    const [id = ''] = ids;
    await service.ending(id);

    expect(ids.size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect(await service.charges(id)).toBe(1);
    const { rows } = await service.database.client.query(
      'SELECT charge_operation_id FROM payment WHERE charge_operation_id NOT IN (SELECT id FROM operation)',
    );
    expect(rows).toEqual([]);
  });

  test('that differs, or is absent, starts another operation', async () => {
    const keys = [under('x'), under('X'), under('x '.repeat(50) + 'y'), {}, {}];
    const started = await Promise.all(keys.map((key) => service.start('payment.charge', CHARGE, key)));

    expect(new Set(started.map(({ body }) => body.id)).size).toBe(keys.length);
    expect(started.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, null, null, null, null]);
  });

  test('may be any printable text of up to 255 characters', async () => {
    const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).join('');
    for (const key of [printable, '~', 'k'.repeat(255)]) {
      const { body: first } = await service.start('payment.charge', CHARGE, under(key));
      expect((await service.start('payment.charge', CHARGE, under(key))).body.id).toBe(first.id);
    }
  });

  test.each([
    ['order 9', '"order 9"'],
    [String.raw`a "b" \c`, String.raw`"a \"b\" \\c"`],
  ])('is the same in the quotes of a structured header: %s', async (bare, quoted) => {
    const first = await service.start('payment.charge', CHARGE, under(bare));
    const again = await service.start('payment.charge', CHARGE, under(quoted));

    expect([again.body.id, again.headers.get('idempotent-replayed')]).toEqual([first.body.id, 'true']);
  });

  test.each(['"', '"a', 'a"', String.raw`"a\b"`, '"a";b=c'])(
    'that is no structured header is used as it is: %s',
    async (key) => {
      const [first, again] = [
        await service.start('payment.charge', CHARGE, under(key)),
        await service.start('payment.charge', CHARGE, under(key)),
      ];

      expect([first.headers.get('idempotent-replayed'), again.body.id]).toEqual([null, first.body.id]);
    },
  );

  test('covers the whole body of the article’s page, not only the stored metadata', async () => {
    const start = (body: unknown) =>
      service.post<{ operationId: string }>('/api/startOperation', body, under('of the page').headers);
    const body = { long: 'x'.repeat(600), order: 1 };
    const [first, again, other] = [await start(body), await start(body), await start({ ...body, order: 2 })];

    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([202, null]);
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([202, first.body, 'true']);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  test('is shared by both routes that start', async () => {
    const body = { kind: 'payment.charge', input: CHARGE };
    const { body: first } = await service.post('/api/operations', body, under('either way').headers);
    const { body: again } = await service.post<{ operationId: string }>(
      '/api/startOperation',
      body,
      under('either way').headers,
    );
    expect(again.operationId).toBe(first.id);
  });

  test.each([
    ['empty', ''],
    ['empty in quotes', '""'],
    ['too long', 'k'.repeat(256)],
    ['not ASCII', 'clé'],
    ['with a tab', 'a\tb'],
  ])('that is %s is refused', async (_, key) => {
    const before = await operations();
    const { status, body } = await service.post<Problem>(
      '/api/operations',
      { kind: 'payment.charge', input: CHARGE },
      under(key).headers,
    );

    expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'invalid_parameter', 'Idempotency-Key']);
    expect(await operations()).toBe(before);
  });
});

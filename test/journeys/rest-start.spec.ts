import { Service } from '../support/service.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

describe('starting by REST', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ SANDBOX_LATENCY_MS: '100' })));
  afterAll(() => service.stop());

  const prefer = (preference: string) => ({ headers: { Prefer: preference } });

  test('a client that prefers to wait is answered at the ending', async () => {
    const began = performance.now();
    const { status, headers, body } = await service.start('payment.charge', CHARGE, prefer('wait=60'));

    expect(performance.now() - began).toBeLessThan(50_000);
    expect([status, body.status, body.done]).toEqual([200, 'success', true]);
    expect(headers.get('preference-applied')).toBe('wait=60');
    expect(headers.get('location')).toBe(`/api/operations/${body.id}`);
    expect(headers.get('etag')).toBe(`"v${body.version}"`);
    expect(headers.get('retry-after')).toBeNull();
  });

  test('when the wait runs out, the answer is the operation as it stands, and it continues', async () => {
    const began = performance.now();
    const { status, headers, body } = await service.start('demo.countdown', { seconds: 60 }, prefer('wait=1'));

    // A timer may fire up to a millisecond early.
    expect(performance.now() - began).toBeGreaterThanOrEqual(999);
    expect([status, body.done]).toEqual([202, false]);
    expect(['pending', 'processing']).toContain(body.status);
    expect(headers.get('preference-applied')).toBe('wait=1');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    await service.post(`/api/operations/${body.id}/cancel`, {});
  });

  test('no wait is longer than a minute', async () => {
    const { headers } = await service.start('payment.charge', CHARGE, prefer('wait=86400'));
    expect(headers.get('preference-applied')).toBe('wait=60');
  });

  test('a client that prefers to wait is answered as soon as the customer must act', async () => {
    const began = performance.now();
    const { status, headers, body } = await service.start(
      'payment.charge',
      { ...CHARGE, paymentMethod: 'pm_card_authenticationRequired' },
      prefer('wait=60, until=end'),
    );

    expect(performance.now() - began).toBeLessThan(50_000);
    expect([status, body.status, body.done, body.nextAction?.type]).toEqual([
      202,
      'requires_action',
      false,
      'redirect',
    ]);
    expect(headers.get('preference-applied')).toBe('wait=60, until=end');
  });

  test.each([
    'wait',
    'wait=',
    'wait=soon',
    'wait=-1',
    'wait=1.5',
    'respond-async, wait=1s',
    'wait-until=5',
    'x="wait=5, wait=5"',
    'wait=0',
    '"',
  ])('a malformed preference is ignored: %s', async (preference) => {
    const { status, headers, body } = await service.start('demo.countdown', { seconds: 60 }, prefer(preference));
    const asked = await service.get(`/api/operations/${body.id}`, { Prefer: preference });
    await service.request('POST', `/api/operations/${body.id}/cancel`);

    expect([status, headers.get('preference-applied')]).toEqual([202, null]);
    expect([asked.status, asked.headers.get('preference-applied')]).toEqual([200, null]);
  });

  test('an unknown preference is ignored', async () => {
    const among = await service.start(
      'payment.charge',
      CHARGE,
      prefer('respond-async, Wait="20"; why=not, return=minimal'),
    );
    const alone = await service.start('payment.charge', CHARGE, prefer('return=minimal'));

    expect([among.status, among.headers.get('preference-applied')]).toEqual([200, 'wait=20']);
    expect([alone.status, alone.headers.get('preference-applied')]).toEqual([202, null]);
  });

  test('the operation carries the client’s metadata and deadline', async () => {
    const metadata = { order: 'A-1001', constructor: 'kept as it is', 'Ünï ☃': '💶' };
    const { body } = await service.start('payment.charge', CHARGE, { metadata, expiresIn: 3600 });
    const { body: read } = await service.get(`/api/operations/${body.id}`);

    expect([body.metadata, read.metadata]).toEqual([metadata, metadata]);
    expect(Date.parse(read.expiresAt!) - Date.parse(read.createdAt)).toBe(3600 * 1000);
  });

  test.each(['/api/operations', '/api/operations/0', '/nowhere', '/%zz', '/health/live'])(
    'each answer of %s has a request id, the client’s or a new one',
    async (path) => {
      const asked = async (id: string) => (await service.get(path, { 'X-Request-Id': id })).headers.get('x-request-id');

      expect(await asked('my-request.7')).toBe('my-request.7');
      expect(await asked('no id: "{}"')).toMatch(UUID);
      expect((await service.get(path)).headers.get('x-request-id')).toMatch(UUID);
    },
  );
});

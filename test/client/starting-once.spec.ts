import { jest } from '@jest/globals';
import { type Client, createClient, type KeyStore, OutcomeError } from '@outcome/client';
import { storeIn } from '../support/client-page.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { Service } from '../support/service.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } as const;
const DECLINED = { ...CHARGE, paymentMethod: 'pm_card_visa_chargeDeclined' };

describe('a start', () => {
  let service: Service;
  let network: FaultyNetwork;
  let store: KeyStore;
  const clients: Client[] = [];
  beforeAll(async () => {
    // A charge that is canceled between its attempts must not run out of them before.
    service = await Service.start({ SANDBOX_LATENCY_MS: '30', RETRY_BASE_MS: '60000' });
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    network = await FaultyNetwork.before(service.url);
    store = storeIn();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await network.close();
  });

  /** Loads the page, or reloads it. */
  const page = () => {
    const client = createClient({ url: network.url, store });
    clients.push(client);
    return client;
  };
  const operations = async (orderId: string) =>
    (
      await service.database.client.query<{ id: string }>(
        `SELECT id FROM operation WHERE input->>'orderId' = $1 ORDER BY id`,
        [orderId],
      )
    ).rows;

  test.each([
    ['the request is lost', { type: 'lost' }],
    ['its answer is lost', { type: 'answer lost' }],
    ['its answer breaks off', { type: 'cut', afterBytes: 40 }],
    ['the network doubles it', { type: 'twice' }],
    ['the service is away for a moment', { type: 'answered', status: 503, retryAfter: 0 }],
    ['something between fails', { type: 'answered', status: 502 }],
  ] as const)('is one operation and one charge if %s', async (title, fault) => {
    network.plan([fault]);
    const client = page();
    const { id } = await client.start('payment.charge', { ...CHARGE, orderId: title });
    expect((await client.outcome(id)).status).toBe('success');
    expect(await operations(title)).toEqual([{ id }]);
    expect(await service.charges(id)).toBe(1);
  });

  test('waits as long as the service asks', async () => {
    network.plan([{ type: 'answered', status: 503, retryAfter: 1 }]);
    const began = performance.now();
    await page().start('payment.charge', { ...CHARGE, orderId: 'patience' });
    expect(performance.now() - began).toBeGreaterThan(990);
    expect(network.count('POST /api/operations')).toBe(2);
  });

  test('is one for a double click, even if the first has ended in between', async () => {
    const client = page();
    const input = { ...CHARGE, orderId: 'double click' };
    const now = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    const [first, second] = await Promise.all([
      client.start('payment.charge', input),
      client.start('payment.charge', input),
    ]);
    expect(second.id).toBe(first.id);
    await client.outcome(first.id);
    expect((await client.start('payment.charge', input)).id).toBe(first.id);
    now.mockRestore();
    expect(await operations('double click')).toHaveLength(1);
  });

  test('is one over a reload, even if the page lost the answer', async () => {
    network.plan([{ type: 'answer lost' }]);
    const leaving = new AbortController();
    const input = { ...CHARGE, orderId: 'reload' };
    const lost = page().start('payment.charge', input, { intent: 'reload', signal: leaving.signal });
    lost.catch(() => leaving.abort());
    while (network.count('POST /api/operations') === 0) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort(new Error('the page was left'));
    await expect(lost).rejects.toThrow('the page was left');

    const found = await page().resume('reload');
    expect(found?.id).toBe((await operations('reload'))[0]?.id);
    expect((await page().start('payment.charge', input, { intent: 'reload' })).id).toBe(found?.id);
    expect(await operations('reload')).toHaveLength(1);
    expect(await page().resume('another')).toBeUndefined();
  });

  test('after a decline is a new attempt, and after a success the same operation for ever', async () => {
    const input = { ...CHARGE, orderId: 'attempts' };
    const client = page();
    const first = await client.start('payment.charge', { ...DECLINED, orderId: 'attempts' }, { intent: 'attempts' });
    expect((await client.outcome(first.id)).status).toBe('failed');
    const second = await client.start('payment.charge', input, { intent: 'attempts' });
    expect((await client.outcome(second.id)).status).toBe('success');

    const third = await page().start('payment.charge', input, { intent: 'attempts' });
    expect([third.id, third.status]).toEqual([second.id, 'success']);
    expect(await operations('attempts')).toEqual([{ id: first.id }, { id: second.id }]);
  });

  test('that was declined is forgotten if the service no longer has it, and no other is', async () => {
    const client = page();
    const { id } = await client.start('payment.charge', { ...DECLINED, orderId: 'gone' }, { intent: 'gone' });
    await client.outcome(id);
    expect((await page().resume('gone'))?.id).toBe(id);
    network.plan([{ type: 'answered', status: 502 }]);
    expect((await page().resume('gone'))?.id).toBe(id);

    await service.database.client.query('DELETE FROM operation WHERE id = $1', [id]);
    expect(await page().resume('gone')).toBeUndefined();
    const asked = network.requests.length;
    expect(await page().resume('gone')).toBeUndefined();
    expect(network.requests).toHaveLength(asked);
  });

  test('that was paid is not forgotten if the service does not know it', async () => {
    const { id } = await page().start('payment.charge', { ...CHARGE, orderId: 'denied' }, { intent: 'denied' });
    await page().outcome(id);
    await service.database.client.query('DELETE FROM operation WHERE id = $1', [id]);
    for (const client of [page(), page()])
      await expect(client.resume('denied')).rejects.toMatchObject({ code: 'operation_not_found' });
  });

  test('of the same declined payment is a new attempt after the time of a double click', async () => {
    const client = page();
    const input = { ...DECLINED, orderId: 'again' };
    const { id } = await client.start('payment.charge', input);
    await client.outcome(id);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await client.start('payment.charge', input)).id).not.toBe(id);
    expect(await operations('again')).toHaveLength(2);
  });

  test.each(['under way', 'paid'])(
    'of something else for an intent that is %s is refused with the operation that blocks it',
    async (state) => {
      const client = page();
      const input = { ...CHARGE, orderId: state };
      const { id } = await client.start(
        'payment.charge',
        { ...input, paymentMethod: 'pm_sandbox_slow' },
        { intent: state },
      );
      if (state === 'paid') await client.outcome(id);
      const refused = client.start('payment.charge', input, { intent: state });
      await expect(refused).rejects.toMatchObject({ name: 'OutcomeError', code: 'intent_underway', operation: { id } });
      expect(await operations(state)).toHaveLength(1);
    },
  );

  test('that the service refuses for its input rejects at once, and does not block the next', async () => {
    const client = page();
    const error = await client
      .start('payment.charge', { ...CHARGE, amount: -1 }, { intent: 'refused' })
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OutcomeError);
    expect(error).toMatchObject({ code: 'invalid_body', status: 422, retryable: false });
    expect(network.count('POST')).toBe(1);
    expect(
      (await client.start('payment.charge', { ...CHARGE, orderId: 'refused' }, { intent: 'refused' })).status,
    ).toBe('pending');
  });

  test('is canceled once, even if the answer was lost', async () => {
    const client = page();
    const { id } = await client.start('payment.charge', {
      ...CHARGE,
      paymentMethod: 'pm_sandbox_unavailable',
      orderId: 'off',
    });
    await expect(
      (async () => {
        for await (const { version } of client.watch(id)) if (version >= 3) return version;
        return 0;
      })(),
    ).resolves.toBeGreaterThanOrEqual(3);
    network.plan([{ type: 'answer lost' }]);
    await client.cancel(id);
    expect((await client.outcome(id)).status).toBe('canceled');
    expect((await client.cancel(id)).status).toBe('canceled');
  });
});

import { Service } from '../support/service.js';

describe('starting an operation', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start()));
  afterAll(() => service.stop());

  test('is answered at once with its Location, and runs to its end', async () => {
    const started = await service.start('payment.charge', {
      amount: 1999,
      currency: 'EUR',
      paymentMethod: 'pm_card_visa',
    });
    expect(started.status).toBe(202);
    expect(started.body).toMatchObject({ kind: 'payment.charge', status: 'pending', version: 1, done: false });
    expect(started.headers.get('location')).toBe(`/api/operations/${started.body.id}`);
    expect(started.headers.get('etag')).toBe('"v1"');
    expect(Number(started.headers.get('retry-after'))).toBeGreaterThan(0);

    const ended = await service.ending(started.body.id);
    expect(ended).toMatchObject({
      status: 'success',
      done: true,
      result: { provider: 'sandbox', amount: 1999, currency: 'EUR' },
    });
    expect(await service.charges(ended.id)).toBe(1);
  });
});

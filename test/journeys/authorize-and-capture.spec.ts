import { PaymentsOf } from '../support/payments.js';
import { type Problem, Service } from '../support/service.js';

describe('an authorized charge', () => {
  let service: Service;
  let payments: PaymentsOf;
  beforeAll(async () => {
    service = await Service.start();
    payments = new PaymentsOf(service);
  });
  afterAll(() => service.stop());

  test('has taken no money yet', async () => {
    const { id, result } = await payments.authorized();
    expect(result).toMatchObject({ amount: 1999, captured: false });
    expect(await payments.payment(id)).toMatchObject({
      status: 'authorized',
      authorized: 1999,
      captured: 0,
      refunded: 0,
      voidedAt: null,
    });
    expect(await payments.ledger(id)).toEqual({ authorized: 1999, captured: 0, refunded: 0, voided: false });
  });

  test.each([
    ['all of it', {}, 1999],
    ['a part', { amount: 1500 }, 1500],
  ])('is captured: %s', async (_, more, captured) => {
    const { id } = await payments.authorized();
    const capture = await payments.done('payment.capture', { chargeOperationId: id, ...more });
    expect(capture).toMatchObject({
      status: 'success',
      result: { chargeOperationId: id, amount: captured, currency: 'EUR' },
    });
    expect(await payments.payment(id)).toMatchObject({ status: 'captured', authorized: 1999, captured });
    expect(await payments.ledger(id)).toMatchObject({ captured });
    expect(await payments.done('payment.refund', { chargeOperationId: id })).toMatchObject({
      result: { amount: captured },
    });
  });

  test('is captured once, though asked many times at the same instant', async () => {
    const { id } = await payments.authorized();
    const started = await Promise.all(
      Array.from({ length: 10 }, () => service.start('payment.capture', { chargeOperationId: id, amount: 150 })),
    );
    const accepted = started.filter(({ status }) => status === 202);
    const endings = await Promise.all(accepted.map(({ body }) => service.ending(body.id)));
    expect(endings.filter(({ status }) => status === 'success')).toHaveLength(1);
    for (const { failure } of endings.filter(({ status }) => status !== 'success'))
      expect(failure?.code).toBe('authorization_not_open');
    expect(await payments.payment(id)).toMatchObject({ captured: 150 });
    expect(await payments.ledger(id)).toMatchObject({ captured: 150 });
  });

  test('is voided, and then neither captured nor refunded', async () => {
    const { id } = await payments.authorized();
    expect(await payments.done('payment.void', { chargeOperationId: id })).toMatchObject({
      status: 'success',
      result: { amount: 1999 },
    });
    expect(await payments.payment(id)).toMatchObject({ status: 'voided', captured: 0, voidedAt: expect.any(String) });
    expect(await payments.ledger(id)).toMatchObject({ captured: 0, voided: true });
    const codes = await Promise.all(
      ['payment.capture', 'payment.void', 'payment.refund'].map(async (kind) => {
        const { status, body } = await service.start(kind, { chargeOperationId: id });
        return [status, (body as unknown as Problem).code];
      }),
    );
    expect(codes).toEqual([
      [409, 'authorization_not_open'],
      [409, 'authorization_not_open'],
      [409, 'amount_exceeds_payment'],
    ]);
  });

  test.each([
    ['more than was authorized', 'payment.capture', { amount: 2000 }, 'amount_exceeds_payment'],
    ['money back that was not taken', 'payment.refund', {}, 'amount_exceeds_payment'],
  ])('refuses %s', async (_, kind, more, code) => {
    const { id } = await payments.authorized();
    expect(await service.start(kind, { chargeOperationId: id, ...more })).toMatchObject({
      status: 409,
      body: { code },
    });
  });

  test('captured at once has no open authorization', async () => {
    const { id } = await payments.charged();
    for (const kind of ['payment.capture', 'payment.void']) {
      const refused = await service.start(kind, { chargeOperationId: id });
      expect(refused).toMatchObject({
        status: 409,
        body: { code: 'authorization_not_open', detail: expect.stringContaining('it is captured') },
      });
    }
  });
});

test('of an unknown operation has no payment', async () => {
  const service = await Service.start({ ROLES: 'api' });
  try {
    const { id } = await service.charge();
    expect(await service.get(`/api/payments/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'payment_not_found' },
    });
    expect(await service.get('/api/payments/A-1001')).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter' },
    });
  } finally {
    await service.stop();
  }
});

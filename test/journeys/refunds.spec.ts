import { jest } from '@jest/globals';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { providerOf, PaymentsOf } from '../support/payments.js';
import { Service, type Problem } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { expectAllEnded, expectOneEndingEach } from '../support/work.js';

describe('a refund', () => {
  let service: Service;
  let payments: PaymentsOf;
  let provider: PaymentProvider;
  beforeAll(async () => {
    service = await Service.start();
    payments = new PaymentsOf(service);
    provider = providerOf(service);
  });
  afterAll(() => service.stop());
  afterEach(() => jest.restoreAllMocks());

  test('gives back all of a charge, and the payment says so', async () => {
    const { id } = await payments.charged();
    const refund = await payments.done('payment.refund', { chargeOperationId: id, reason: 'Returned' });
    expect(refund).toMatchObject({
      status: 'success',
      result: {
        provider: 'sandbox',
        reference: expect.any(String),
        chargeOperationId: id,
        amount: 1999,
        currency: 'EUR',
      },
    });
    expect(await payments.payment(id)).toMatchObject({
      status: 'refunded',
      authorized: 1999,
      captured: 1999,
      refunded: 1999,
    });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999 });
  });

  test('gives back parts, up to the last cent', async () => {
    const { id } = await payments.charged();
    for (const amount of [1000, 900]) {
      expect(await payments.done('payment.refund', { chargeOperationId: id, amount })).toMatchObject({
        status: 'success',
        result: { amount },
      });
    }
    expect(await payments.payment(id)).toMatchObject({ status: 'partially_refunded', refunded: 1900 });
    const tooMuch = await service.start('payment.refund', { chargeOperationId: id, amount: 100 });
    expect(tooMuch).toMatchObject({
      status: 409,
      body: { code: 'amount_exceeds_payment', detail: expect.stringContaining('99 EUR') },
    });
    expect(await payments.done('payment.refund', { chargeOperationId: id })).toMatchObject({
      status: 'success',
      result: { amount: 99 },
    });
    const nothingLeft = await service.start('payment.refund', { chargeOperationId: id });
    expect(nothingLeft).toMatchObject({
      status: 409,
      body: { code: 'amount_exceeds_payment', detail: expect.stringContaining('nothing is left') },
    });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1999 });
  });

  test('never gives back more than was charged, even for fifty concurrent requests', async () => {
    const { id } = await payments.charged();
    const gate = new Gate();
    const refund = provider.refund.bind(provider);
    jest.spyOn(provider, 'refund').mockImplementation(async (request) => {
      await gate.pass();
      return refund(request);
    });
    // All are admitted before the first one has reached the provider.
    const started = await Promise.all(
      Array.from({ length: 50 }, () => service.start('payment.refund', { chargeOperationId: id, amount: 100 })),
    );
    gate.open();
    const accepted = started.filter(({ status }) => status === 202).map(({ body }) => body.id);
    for (const { status, body } of started.filter(({ status }) => status !== 202)) {
      expect([status, (body as unknown as Problem).code]).toEqual([409, 'amount_exceeds_payment']);
    }
    await expectAllEnded(service, accepted);
    const endings = await Promise.all(accepted.map((id) => service.ending(id)));
    expect(endings.filter(({ status }) => status === 'success')).toHaveLength(19);
    const failures = endings.filter(({ status }) => status !== 'success');
    for (const { failure } of failures) expect(failure?.code).toBe('amount_exceeds_payment');
    expect(jest.mocked(provider.refund).mock.calls.length).toBe(19);
    expect(await payments.payment(id)).toMatchObject({ captured: 1999, refunded: 1900 });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999, refunded: 1900 });
  });

  test('that is repeated under its key is the same refund, even when nothing is left', async () => {
    const { id } = await payments.charged();
    const headers = { 'Idempotency-Key': `refund of ${id}` };
    const first = await service.start('payment.refund', { chargeOperationId: id }, { headers });
    await service.ending(first.body.id);
    const again = await service.start('payment.refund', { chargeOperationId: id }, { headers });
    expect([again.status, again.body.id, again.headers.get('idempotent-replayed')]).toEqual([
      200,
      first.body.id,
      'true',
    ]);
    const other = await service.start('payment.refund', { chargeOperationId: id, amount: 1 }, { headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await payments.ledger(id)).toMatchObject({ refunded: 1999 });
  });

  test('is refused if the operation is no charge', async () => {
    const { id } = await payments.charged();
    const refund = await payments.done('payment.refund', { chargeOperationId: id, amount: 1 });
    for (const chargeOperationId of [refund.id, '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70']) {
      const refused = await service.start('payment.refund', { chargeOperationId });
      expect(refused).toMatchObject({
        status: 422,
        body: { code: 'charge_not_found', detail: expect.stringContaining(chargeOperationId) },
      });
    }
    const malformed = await service.start('payment.refund', { chargeOperationId: 'A-1001' });
    expect(malformed).toMatchObject({
      status: 422,
      body: { code: 'invalid_body', errors: [{ path: 'input.chargeOperationId' }] },
    });
  });

  test('is refused for a charge without success, with the charge’s status', async () => {
    const declined = await service.ending((await service.charge('pm_card_visa_chargeDeclined')).id);
    const waiting = await payments.waitingForTheCustomer();
    for (const { id, status } of [declined, waiting]) {
      const refused = await service.start('payment.refund', { chargeOperationId: id });
      expect(refused).toMatchObject({
        status: 409,
        body: { code: 'charge_not_successful', detail: expect.stringContaining(`is ${status}`) },
      });
    }
  });

  test('whose answer is lost is looked up, not sent again', async () => {
    const { id } = await payments.charged();
    const refund = provider.refund.bind(provider);
    const spy = jest.spyOn(provider, 'refund').mockImplementationOnce(async (request) => {
      await refund(request);
      return { type: 'unknown', reason: 'answer_lost' };
    });
    const ended = await payments.done('payment.refund', { chargeOperationId: id, amount: 700 });
    expect(ended).toMatchObject({ status: 'success', result: { amount: 700 } });
    expect(spy).toHaveBeenCalledTimes(1);
    expect(await payments.ledger(id)).toMatchObject({ refunded: 700 });
    expect(await payments.payment(id)).toMatchObject({ refunded: 700 });
  });

  test('that failed releases its amount for another refund', async () => {
    const { id } = await payments.charged('pm_sandbox_refund_fails');
    const failed = await payments.done('payment.refund', { chargeOperationId: id });
    expect(failed).toMatchObject({ status: 'failed', failure: { code: 'refund_failed' } });
    const again = await service.start('payment.refund', { chargeOperationId: id });
    expect(again.status).toBe(202);
    await service.ending(again.body.id);
    expect(await payments.payment(id)).toMatchObject({ captured: 1999, refunded: 0 });
    await expectOneEndingEach(service, [failed.id, again.body.id]);
  });
});

import { v7 as uuidv7 } from 'uuid';
import { joined } from '../../src/database/companion.js';
import type { Opening } from '../../src/payments/ledger/ledger-entries.js';
import { PaymentLedger } from '../../src/payments/ledger/payment-ledger.js';
import { ReferenceTaken } from '../../src/payments/ledger/reference-taken.js';
import { lockWaiters } from '../support/databases.js';
import { PaymentsOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';

describe('the payment ledger', () => {
  let service: Service;
  let ledger: PaymentLedger;
  beforeAll(async () => {
    service = await Service.start();
    ledger = service.outcome.app.get(PaymentLedger, { strict: false });
  });
  afterAll(() => service.stop());

  const opening = (provider: string, chargeOperationId = uuidv7()): Opening => ({
    chargeOperationId,
    provider,
    account: null,
    currency: 'EUR',
    sentAt: new Date(),
  });

  test('stores the provider of a charge, whatever provider is chosen since', async () => {
    const { chargeOperationId } = await ledger.open(opening('old'));
    expect(await ledger.open(opening('new', chargeOperationId))).toMatchObject({
      provider: 'old',
      authorized: 0,
      reference: null,
    });
    expect(await ledger.payment(chargeOperationId)).toMatchObject({ provider: 'old' });
  });

  test('opens many payments in one statement, each with its own fields', async () => {
    const openings = Array.from({ length: 20 }, (_, at) => opening(`provider-${at}`));
    const payments = await Promise.all(openings.map((one) => ledger.open(one)));
    expect(payments.map(({ chargeOperationId, provider }) => ({ chargeOperationId, provider }))).toEqual(
      openings.map(({ chargeOperationId, provider }) => ({ chargeOperationId, provider })),
    );
  });

  test('reduces no amount after a stale answer', async () => {
    const opened = await ledger.open(opening('sandbox'));
    await ledger.record({ ...opened, reference: 'r', authorized: 1999, captured: 0 });
    await ledger.record({ ...opened, reference: 'r', authorized: 0, captured: 0 });
    await ledger.record({ ...opened, reference: 'r', authorized: 1999, captured: 1999 });
    expect(await ledger.payment(opened.chargeOperationId)).toMatchObject({ authorized: 1999, captured: 0 });
  });

  test('stores what a charge has taken even if a crash has lost its opening', async () => {
    const opened = opening('sandbox');
    await ledger.record({ ...opened, reference: 'of a charge unopened', authorized: 1999, captured: 1999 });
    expect(await ledger.payment(opened.chargeOperationId)).toMatchObject({
      provider: 'sandbox',
      currency: 'EUR',
      captured: 1999,
    });
  });

  test('refuses a reference that another operation has', async () => {
    const [one, other] = [await ledger.open(opening('sandbox')), await ledger.open(opening('sandbox'))];
    await ledger.record({ ...one, reference: 'of one', authorized: 1999, captured: 1999 });
    await expect(ledger.record({ ...other, reference: 'of one', authorized: 1999, captured: 1999 })).rejects.toThrow(
      ReferenceTaken,
    );
    expect(await ledger.payment(other.chargeOperationId)).toMatchObject({ reference: null, authorized: 0 });
  });

  test('refuses a comparison if it has changed since the provider was asked', async () => {
    const { id } = await new PaymentsOf(service).charged();
    const payment = (await ledger.payment(id))!;
    const { client } = service.database;
    await client.query('BEGIN');
    await client.query('UPDATE payment SET updated_at = clock_timestamp() WHERE charge_operation_id = $1', [id]);
    const nothing = { enter: [], takeBack: [], restore: [] };
    const comparing = ledger.reconcile(payment, () => nothing);
    await eventually(async () => (await lockWaiters(client)) > 0);
    await client.query('COMMIT');
    expect(await comparing).toBeUndefined();
    expect(await ledger.reconcile((await ledger.payment(id))!, () => nothing)).toBe(nothing);
  });

  test('finds the operation of a provider’s reference, and none for another provider', async () => {
    const opened = await ledger.open(opening('sandbox'));
    const { chargeOperationId } = opened;
    await ledger.record({ ...opened, reference: `r-${chargeOperationId}`, authorized: 1, captured: 1 });
    expect(await ledger.operationOf('sandbox', `r-${chargeOperationId}`)).toBe(chargeOperationId);
    expect(await ledger.operationOf('stripe', `r-${chargeOperationId}`)).toBeUndefined();
    const payments = new PaymentsOf(service);
    const { id } = await payments.charged();
    const refund = await payments.done('payment.refund', { chargeOperationId: id, amount: 5 });
    expect(await ledger.operationOf('sandbox', String(refund.result?.reference))).toBe(refund.id);
  });

  test('records a movement once, and reverts it once if the provider takes it back', async () => {
    const { id: chargeOperationId } = await new PaymentsOf(service).charged();
    const refund = await new PaymentsOf(service).done('payment.refund', { chargeOperationId, amount: 300 });
    await ledger.complete({ operationId: refund.id, reference: 'another' });
    expect(await ledger.payment(chargeOperationId)).toMatchObject({ refunded: 300 });
    expect(await ledger.movement(refund.id)).toMatchObject({ reference: expect.not.stringMatching('another') });
    await ledger.revert(refund.id);
    await ledger.revert(refund.id);
    expect(await ledger.payment(chargeOperationId)).toMatchObject({ refunded: 0 });
  });

  test('records two refunds of one charge in one statement, each with its amount', async () => {
    const { id: chargeOperationId } = await new PaymentsOf(service).charged();
    const payments = new PaymentsOf(service);
    const refunds = [];
    for (const amount of [300, 500]) refunds.push(await payments.done('payment.refund', { chargeOperationId, amount }));
    for (const { id } of refunds) await ledger.revert(id);
    expect(await ledger.payment(chargeOperationId)).toMatchObject({ refunded: 0 });
    const { ctes, values } = joined(
      refunds.map(({ id }) => ledger.completed({ operationId: id, reference: `r-${id}` })),
    );
    await service.database.client.query(`WITH ${ctes(1).slice(1)} SELECT`, values);
    expect(await ledger.payment(chargeOperationId)).toMatchObject({ refunded: 800 });
  });

  test('reserves nothing for an operation that has ended or that another worker has claimed', async () => {
    const { id: chargeOperationId } = await new PaymentsOf(service).charged();
    const refund = await new PaymentsOf(service).done('payment.refund', { chargeOperationId, amount: 300 });
    const reservation = { operationId: refund.id, fence: 1, chargeOperationId, type: 'refund', amount: 300 } as const;
    await expect(ledger.reserve(reservation)).rejects.toMatchObject({ code: 'stale_operation' });
    const api = await Service.start({ ROLES: 'api' });
    try {
      const { id } = await api.charge();
      const books = api.outcome.app.get(PaymentLedger, { strict: false });
      await expect(books.reserve({ ...reservation, operationId: id, fence: 1 })).rejects.toThrow(
        'unfinished, at fence 1',
      );
    } finally {
      await api.stop();
    }
  });
});

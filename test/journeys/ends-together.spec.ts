import { PaymentsOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';

/** A sequence keeps its value over a rollback. */
const REFUSE_ENDINGS = `
CREATE SEQUENCE refused;
GRANT USAGE ON SEQUENCE refused TO PUBLIC;
CREATE FUNCTION refuse_ending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('refused');
  RAISE EXCEPTION 'no ending is stored now' USING ERRCODE = '53100';
END $$;
CREATE TRIGGER refuse_ending BEFORE INSERT ON operation_event FOR EACH ROW
WHEN (NEW.type = 'operation.succeeded') EXECUTE FUNCTION refuse_ending()`;
const ALLOW_ENDINGS =
  'DROP TRIGGER refuse_ending ON operation_event; DROP FUNCTION refuse_ending(); DROP SEQUENCE refused';

describe('an ending and its ledger entry are stored atomically', () => {
  let service: Service;
  let payments: PaymentsOf;
  beforeAll(async () => {
    service = await Service.start({ LOOK_UP_BASE_MS: '50' });
    payments = new PaymentsOf(service);
  });
  afterAll(() => service.stop());

  /** Starts an operation whose first ending the database refuses. */
  const refused = async (kind: string, input: unknown, meanwhile: (id: string) => Promise<void>) => {
    const { client } = service.database;
    await client.query(REFUSE_ENDINGS);
    try {
      const { body } = await service.start(kind, input);
      await eventually(async () => (await client.query('SELECT FROM refused WHERE is_called')).rowCount);
      await meanwhile(body.id);
      return body.id;
    } finally {
      await client.query(ALLOW_ENDINGS);
    }
  };

  test('of a charge', async () => {
    const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
    const id = await refused('payment.charge', input, async (charge) =>
      expect(await payments.payment(charge)).toMatchObject({ authorized: 0, reference: null }),
    );
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(await payments.payment(id)).toMatchObject({ authorized: 1999, captured: 1999 });
    expect(await service.charges(id)).toBe(1);
  });

  test('of a refund', async () => {
    const { id: chargeOperationId } = await payments.charged();
    const id = await refused('payment.refund', { chargeOperationId, amount: 300 }, async () => {
      expect(await payments.ledger(chargeOperationId)).toMatchObject({ refunded: 300 });
      expect(await payments.payment(chargeOperationId)).toMatchObject({ refunded: 0 });
    });
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(await payments.payment(chargeOperationId)).toMatchObject({ refunded: 300 });
  });
});

import { z } from 'zod';
import { type Execution, type Inquiry, Kind, type OperationKind } from '../operations/kinds/operation-kind.js';
import { failed, type LookUp, neverArrived, type Outcome, succeeded, unknown } from '../operations/kinds/outcome.js';
import { amount, currency } from './money.js';
import { type ChargeAnswer, DECLINES, PaymentProvider } from './payment-provider.js';
import { SANDBOX_EXAMPLES } from './sandbox/payment-methods.js';

const input = z
  .strictObject({
    amount,
    currency,
    paymentMethod: z
      .string()
      .regex(/^pm_\w{1,100}$/, 'expected a payment method’s token, such as pm_card_visa')
      .meta({ description: 'A token of the provider’s. Never a card number.' }),
    description: z.string().max(500).optional(),
    orderId: z.string().max(100).optional(),
  })
  .meta({ id: 'PaymentChargeInput' });

const result = z
  .strictObject({
    provider: z.string(),
    reference: z.string().meta({ description: 'The provider’s name of the charge.' }),
    amount,
    currency,
  })
  .meta({ id: 'PaymentChargeResult' });

type Charge = z.output<typeof input>;
type Receipt = z.output<typeof result>;

/** Charges a payment method once. */
@Kind({
  name: 'payment.charge',
  summary: 'Charge a payment method',
  input,
  result,
  timeLimitMs: 30_000,
  examples: Object.fromEntries(
    Object.entries(SANDBOX_EXAMPLES).map(([paymentMethod, summary]) => [
      paymentMethod,
      { summary, input: { amount: 1999, currency: 'EUR', paymentMethod, orderId: 'A-1001' } },
    ]),
  ),
})
export class PaymentCharge implements OperationKind<typeof input, typeof result> {
  constructor(private readonly provider: PaymentProvider) {}

  async execute({ operationId, input: charge }: Execution<Charge>): Promise<Outcome<Receipt>> {
    return this.outcome(await this.provider.charge({ ...charge, idempotencyKey: operationId }), charge);
  }

  async lookUp({ operationId, input: charge }: Inquiry<Charge>): Promise<LookUp<Receipt>> {
    const found = await this.provider.lookUpCharge(operationId);
    return found.type === 'never_arrived' ? neverArrived() : this.outcome(found, charge);
  }

  private outcome(answer: ChargeAnswer, { amount, currency }: Charge): Outcome<Receipt> {
    switch (answer.type) {
      case 'charged':
        return succeeded({ provider: this.provider.name, reference: answer.reference, amount, currency });
      case 'declined':
        return failed({ code: answer.code, ...DECLINES[answer.code] });
      case 'unknown':
        return unknown(answer.reason);
    }
  }
}

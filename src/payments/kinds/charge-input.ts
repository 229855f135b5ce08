import { z } from 'zod';
import { amount, currency } from '../providers/money.js';
import type { PaymentMethodTokens } from '../providers/payment-provider.js';

/** The stored input, for any provider. */
export const chargeInput = z.strictObject({
  amount,
  currency,
  paymentMethod: z.string().min(1).max(255),
  capture: z
    .boolean()
    .default(true)
    .meta({ description: 'false: authorizes only; payment.capture takes the money later, payment.void releases it.' }),
  offSession: z
    .boolean()
    .default(false)
    .meta({ description: 'true: the customer is not there to be asked; a bank that wants to ask them declines.' }),
  returnUrl: z
    .url({ protocol: /^https?$/, error: 'expected an address that begins with https:// or http://' })
    .max(2000)
    .optional()
    .meta({ description: 'Where the customer returns to from the bank’s own page.' }),
  customer: z
    .string()
    .regex(/^\S{1,255}$/, 'expected the provider’s name of the customer')
    .optional()
    .meta({ description: 'The provider’s name of the customer whom the payment method belongs to.' }),
  description: z.string().max(500).optional(),
  orderId: z.string().max(100).optional(),
});

/** An example of a charge for the provider's tokens. */
export const sampleCharge = ({ examples }: PaymentMethodTokens) => ({
  amount: 1999,
  currency: 'EUR',
  paymentMethod: Object.keys(examples)[0] ?? '',
});

/** What clients can start at a provider: charges of its own tokens, with examples that it knows. */
export function chargeOffer(tokens: PaymentMethodTokens) {
  const { pattern, description, examples } = tokens;
  const sample = { ...sampleCharge(tokens), orderId: 'A-1001' };
  const paymentMethod = z
    .string()
    .regex(pattern, `expected ${description}`)
    .meta({ description: 'A token of the provider’s. Never a card number.' });
  return {
    input: chargeInput.extend({ paymentMethod }).meta({ id: 'PaymentChargeInput' }),
    examples: {
      ...Object.fromEntries(
        Object.entries(examples).map(([paymentMethod, summary]) => [
          paymentMethod,
          { summary, input: { ...sample, paymentMethod } },
        ]),
      ),
      'authorize only': { summary: 'Is authorized, to be captured or voided', input: { ...sample, capture: false } },
      'off session': {
        summary: 'The customer is not there: a bank that wants to ask them declines',
        input: { ...sample, offSession: true },
      },
    },
  };
}

import { z } from 'zod';
import { PAYMENT_PROVIDERS } from '../../config/environment.js';
import { operationId } from '../../operations/contract/operation.contract.js';

export const chargeOperationId = operationId.meta({ description: 'The id of the charge’s operation.' });

export const providerView = z
  .object({
    name: z.enum(PAYMENT_PROVIDERS).meta({ description: 'Where new charges go.' }),
    live: z.boolean().meta({ description: 'Whether real money moves.' }),
    paymentMethods: z
      .array(
        z.object({ token: z.string(), summary: z.string().meta({ description: 'What becomes of a charge with it.' }) }),
      )
      .meta({ description: 'Some that can be tried, the first of which is charged.' }),
  })
  .meta({ id: 'PaymentProvider' });

export type ProviderView = z.output<typeof providerView>;

import type { QueryBus } from '@nestjs/cqrs';
import { ANYONE } from '../../access/caller.js';
import type { Config } from '../../config/config.js';
import type { PaymentProvider } from '../providers/payment-provider.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import { PaymentsController } from './payments.controller.js';

test.each([true, false])('the chosen provider decides whether real money moves: %s', async (live) => {
  const chosen = {
    name: 'sandbox',
    live,
    paymentMethods: { examples: { tok_1: 'Is paid' } },
  } as unknown as PaymentProvider;
  const other = { name: 'stripe', live: !live, paymentMethods: { examples: {} } } as unknown as PaymentProvider;
  const controller = new PaymentsController({} as QueryBus, new PaymentProviders(chosen, [other]), {
    provider: 'sandbox',
  } as Config['payments']);
  expect(await controller.provider(ANYONE)).toEqual({
    name: 'sandbox',
    live,
    paymentMethods: [{ token: 'tok_1', summary: 'Is paid' }],
  });
});

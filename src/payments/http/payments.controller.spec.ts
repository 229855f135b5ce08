import type { QueryBus } from '@nestjs/cqrs';
import type { RunningConfig } from '../../config/config.js';
import { PaymentsController } from './payments.controller.js';

const LIVE = 'sk_live_51Nx';

describe('where new charges go', () => {
  test.each([
    ['sandbox', undefined, false],
    // A key that nothing uses moves nothing.
    ['sandbox', LIVE, false],
    ['stripe', 'sk_test_51Nx', false],
    ['stripe', LIVE, true],
    ['stripe', 'rk_live_51Nx', true],
    ['stripe', 'sk_org_live_51Nx', true],
  ])('is %s, with a key such as %s: real money %s', (PAYMENT_PROVIDER, STRIPE_SECRET_KEY, live) => {
    const config = { PAYMENT_PROVIDER, STRIPE_SECRET_KEY } as RunningConfig;
    expect(new PaymentsController({} as QueryBus, config).provider()).toEqual({ name: PAYMENT_PROVIDER, live });
  });
});

import type { Clock } from '../../clock/clock.js';
import type { Config } from '../../config/config.js';
import type { PaymentProvider } from './payment-provider.js';
import { PaymentProviders } from './payment-provider-register.js';
import type { SandboxProvider } from './sandbox/sandbox.provider.js';
import { StripeProvider } from './stripe/stripe.provider.js';

/**
 * Every name in PAYMENT_PROVIDER, and the provider where it is set up: the chosen one, and those that keep their
 * charges of the past.
 */
export function providersSetUp(
  { provider: name, stripe }: Pick<Config['payments'], 'provider' | 'stripe'>,
  sandbox: SandboxProvider,
  clock: Pick<Clock, 'now'>,
): PaymentProviders {
  const { secretKey } = stripe;
  const setUp = {
    // Not beside another one: its dashboard and its bank's page are open to everybody.
    sandbox: name === 'sandbox' ? sandbox : undefined,
    stripe: secretKey === undefined ? undefined : new StripeProvider({ ...stripe, secretKey }, clock),
  } satisfies Record<Config['payments']['provider'], PaymentProvider | undefined>;
  const { [name]: chosen, ...others } = setUp;
  if (!chosen)
    throw new Error(
      `Expected the settings of the payment provider "${name}", found none. Set what README names for it.`,
    );
  return new PaymentProviders(
    chosen,
    Object.values<PaymentProvider | undefined>(others).filter((other) => other !== undefined),
  );
}

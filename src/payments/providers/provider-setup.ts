import type { Clock } from '../../clock/clock.js';
import type { Config } from '../../config/config.js';
import type { PaymentProvider } from './payment-provider.js';
import { PaymentProviders } from './payment-provider-register.js';
import type { SandboxProvider } from './sandbox/sandbox.provider.js';
import type { StripeOptions } from './stripe/stripe-client.js';

/** Every name in PAYMENT_PROVIDER with its provider, if set up: the chosen one and those of earlier charges. */
export async function providersSetUp(
  { provider: name, stripe }: Pick<Config['payments'], 'provider' | 'stripe'>,
  sandbox: SandboxProvider,
  clock: Pick<Clock, 'now'>,
): Promise<PaymentProviders> {
  const { secretKey } = stripe;
  const setUp = {
    // Only on its own: its dashboard and its bank's page are open to everybody.
    sandbox: name === 'sandbox' ? sandbox : undefined,
    stripe: secretKey === undefined ? undefined : await openStripe({ ...stripe, secretKey }, clock),
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

/** Imported only here: Stripe's library adds a tenth to the code that a process loads. */
async function openStripe(options: StripeOptions, clock: Pick<Clock, 'now'>): Promise<PaymentProvider> {
  const { StripeProvider } = await import('./stripe/stripe.provider.js');
  return new StripeProvider(options, clock);
}

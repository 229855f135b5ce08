import { z } from 'zod';
import type { Clock } from '../../clock/clock.js';
import type { Config } from '../../config/config.js';
import type { AccountRegister } from './account-register.js';
import type { PaymentProvider } from './payment-provider.js';
import { PaymentProviders } from './payment-provider-register.js';
import type { SandboxProvider } from './sandbox/sandbox.provider.js';
import type { StripeOptions } from './stripe/stripe-client.js';

type PaymentsConfig = Pick<Config['payments'], 'provider' | 'stripe'>;

/** Every name in PAYMENT_PROVIDER with its provider, if set up: the chosen one and those of earlier charges. */
export async function providersSetUp(
  { provider: name, stripe }: PaymentsConfig,
  sandbox: SandboxProvider,
  clock: Pick<Clock, 'now'>,
  accounts?: AccountRegister,
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
    accounts,
    // It moves no money, and has one account for all.
    name === 'sandbox',
  );
}

/** What a tenant gets from the provider, and with what it is opened. */
interface AccountKind<Credentials> {
  credentials: z.ZodType<Credentials>;
  open(
    credentials: Credentials,
    name: string,
    config: PaymentsConfig,
    clock: Pick<Clock, 'now'>,
  ): Promise<PaymentProvider>;
  /** What stays equal while the account does, for people to read. Rejects where the provider does not tell. */
  identify(credentials: Credentials, config: PaymentsConfig): Promise<string>;
}

const words = (pattern: RegExp, expected: string) => z.string().regex(pattern, `expected ${expected}`);

/** The providers at which tenants may have accounts of their own. */
export const ACCOUNT_KINDS = {
  stripe: {
    credentials: z.strictObject({
      secretKey: words(/^(sk|rk)_\w+$/, 'a secret key of Stripe, sk_… or, restricted, rk_…'),
      webhookSecrets: z.array(words(/^whsec_\S+$/, 'the signing secret of a webhook endpoint at Stripe, whsec_…')),
    }),
    open: (credentials, name, { stripe }, clock) => openStripe({ ...stripe, ...credentials }, clock, name),
    identify: async (credentials, { stripe }) =>
      (await import('./stripe/stripe-account.js')).stripeAccountOf({ ...stripe, ...credentials }),
  } satisfies AccountKind<Pick<StripeOptions, 'secretKey'> & { webhookSecrets: string[] }>,
} as const;

export type AccountProvider = keyof typeof ACCOUNT_KINDS;

export const ACCOUNT_PROVIDERS = Object.keys(ACCOUNT_KINDS) as AccountProvider[];

export const takesAccounts = (name: string): name is AccountProvider => Object.hasOwn(ACCOUNT_KINDS, name);

/** Imported only here: Stripe's library adds a tenth to the code that a process loads. */
async function openStripe(options: StripeOptions, clock: Pick<Clock, 'now'>, name?: string): Promise<PaymentProvider> {
  const { StripeProvider } = await import('./stripe/stripe.provider.js');
  return new StripeProvider(options, clock, name);
}

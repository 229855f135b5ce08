import { InvalidConfig, readConfig } from './config.js';

const refusalOf = (env: NodeJS.ProcessEnv): string => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof InvalidConfig) return error.message;
    throw error;
  }
  throw new Error('Expected a refusal, found none.');
};

const KEY = 'sk_test_51Nx';

describe('the settings of payments', () => {
  test('are the sandbox where nothing is said', () => {
    expect(readConfig({})).toMatchObject({ PAYMENT_PROVIDER: 'sandbox', STRIPE_API_BASE: 'https://api.stripe.com' });
  });

  test.each([KEY, 'rk_live_51Nx', 'sk_org_live_51Nx'])('take Stripe with a key such as %s', (key) => {
    expect(readConfig({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: key })).toMatchObject({ PAYMENT_PROVIDER: 'stripe' });
  });

  test('refuse Stripe without a key', () => {
    expect(refusalOf({ PAYMENT_PROVIDER: 'stripe' })).toContain(
      'STRIPE_SECRET_KEY: expected a secret key of Stripe, since PAYMENT_PROVIDER',
    );
    expect(refusalOf({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: '' })).toContain('STRIPE_SECRET_KEY:');
  });

  test('name a missing key together with all else that is wrong', () => {
    const refusal = refusalOf({ PAYMENT_PROVIDER: 'stripe', PORT: 'x', LOG_LEVEL: 'loud' });
    expect(refusal).toMatch(/PORT:[\s\S]*LOG_LEVEL:[\s\S]*STRIPE_SECRET_KEY:/);
  });

  test('refuse a provider that does not exist', () => {
    expect(refusalOf({ PAYMENT_PROVIDER: 'paypal' })).toContain('PAYMENT_PROVIDER: expected "sandbox" or "stripe", found "paypal"');
  });

  test('never print a secret, however wrong it is', () => {
    const refusal = refusalOf({
      STRIPE_SECRET_KEY: 'pk_live_do_not_print',
      STRIPE_WEBHOOK_SECRET: 'do_not_print',
      STRIPE_API_BASE: 'https://me:do_not_print@stripe',
    });
    expect(refusal).toMatch(/STRIPE_SECRET_KEY:[\s\S]*STRIPE_WEBHOOK_SECRET:[\s\S]*STRIPE_API_BASE:/);
    expect(refusal).not.toContain('do_not_print');
  });

  test('send a live key over TLS only', () => {
    const plain = { STRIPE_API_BASE: 'http://127.0.0.1:12111' };
    expect(readConfig({ ...plain, STRIPE_SECRET_KEY: KEY })).toMatchObject(plain);
    expect(refusalOf({ ...plain, STRIPE_SECRET_KEY: 'sk_live_51Nx' })).toContain('STRIPE_API_BASE: expected https://, since');
  });
});

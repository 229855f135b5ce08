import { HeldClock } from '../../../test/support/held-clock.js';
import { readConfig } from '../../config/config.js';
import { PAYMENT_PROVIDERS } from '../../config/environment.js';
import { providersSetUp } from './provider-setup.js';
import type { SandboxProvider } from './sandbox/sandbox.provider.js';

const clock = new HeldClock();
const sandbox = { name: 'sandbox' } as SandboxProvider;
const ALL_SET_UP = readConfig({ STRIPE_SECRET_KEY: 'sk_test_1' }).payments;

test.each(PAYMENT_PROVIDERS)('new charges go to %s if it is chosen', async (name) => {
  const { chosen } = await providersSetUp({ ...ALL_SET_UP, provider: name }, sandbox, clock);
  expect(chosen.name).toBe(name);
});

test('an earlier provider stays beside the chosen one, except the sandbox', async () => {
  const others = PAYMENT_PROVIDERS.filter((name) => name !== 'sandbox');
  for (const provider of PAYMENT_PROVIDERS) {
    const { names } = await providersSetUp({ ...ALL_SET_UP, provider }, sandbox, clock);
    expect(names.sort()).toEqual([...new Set([provider, ...others])].sort());
  }
});

test.each([
  ['is not set up', 'stripe', undefined],
  ['is not known', 'of_tomorrow', 'sk_test_1'],
])('no other provider replaces one that %s', async (_, name, secretKey) => {
  const settings = { ...ALL_SET_UP, provider: name as 'stripe', stripe: { ...ALL_SET_UP.stripe, secretKey } };
  await expect(providersSetUp(settings, sandbox, clock)).rejects.toThrow(
    `Expected the settings of the payment provider "${name}"`,
  );
});

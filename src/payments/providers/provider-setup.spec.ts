import { HeldClock } from '../../../test/support/held-clock.js';
import { readConfig } from '../../config/config.js';
import { PAYMENT_PROVIDERS } from '../../config/environment.js';
import { providersSetUp } from './provider-setup.js';
import type { SandboxProvider } from './sandbox/sandbox.provider.js';

const clock = new HeldClock();
const sandbox = { name: 'sandbox' } as SandboxProvider;
const ALL_SET_UP = readConfig({ STRIPE_SECRET_KEY: 'sk_test_1' }).payments;

test.each(PAYMENT_PROVIDERS)('new charges go to %s, where that is chosen', (name) => {
  expect(providersSetUp({ ...ALL_SET_UP, provider: name }, sandbox, clock).chosen.name).toBe(name);
});

test('a provider of the past stays beside the chosen one, the sandbox excepted', () => {
  expect(providersSetUp({ ...ALL_SET_UP, provider: 'sandbox' }, sandbox, clock).names).toEqual(['sandbox', 'stripe']);
  expect(providersSetUp({ ...ALL_SET_UP, provider: 'stripe' }, sandbox, clock).names).toEqual(['stripe']);
});

test.each([
  ['is not set up', 'stripe', undefined],
  ['is not known', 'of_tomorrow', 'sk_test_1'],
])('no other provider charges for one that %s', (_, name, secretKey) => {
  const settings = { provider: name as 'stripe', stripe: { ...ALL_SET_UP.stripe, secretKey } };
  expect(() => providersSetUp(settings, sandbox, clock)).toThrow(
    `Expected the settings of the payment provider "${name}"`,
  );
});

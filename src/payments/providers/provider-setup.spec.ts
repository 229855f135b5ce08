import { HeldClock } from '../../../test/support/held-clock.js';
import { PAYMENT_PROVIDERS, readConfig } from '../../config/config.js';
import { providersSetUp } from './provider-setup.js';
import type { SandboxProvider } from './sandbox/sandbox.provider.js';

const clock = new HeldClock();
const sandbox = { name: 'sandbox' } as SandboxProvider;
const ALL_SET_UP = { ...readConfig({}), STRIPE_SECRET_KEY: 'sk_test_1' };

test.each(PAYMENT_PROVIDERS)('new charges go to %s, where that is chosen', (name) => {
  expect(providersSetUp({ ...ALL_SET_UP, PAYMENT_PROVIDER: name }, sandbox, clock).chosen.name).toBe(name);
});

test('a provider of the past stays beside the chosen one, the sandbox excepted', () => {
  expect(providersSetUp({ ...ALL_SET_UP, PAYMENT_PROVIDER: 'sandbox' }, sandbox, clock).names).toEqual([
    'sandbox',
    'stripe',
  ]);
  expect(providersSetUp({ ...ALL_SET_UP, PAYMENT_PROVIDER: 'stripe' }, sandbox, clock).names).toEqual(['stripe']);
});

test.each([
  ['is not set up', 'stripe', undefined],
  ['is not known', 'of_tomorrow', 'sk_test_1'],
])('no other provider charges for one that %s', (_, name, STRIPE_SECRET_KEY) => {
  const settings = { ...ALL_SET_UP, PAYMENT_PROVIDER: name as 'stripe', STRIPE_SECRET_KEY };
  expect(() => providersSetUp(settings, sandbox, clock)).toThrow(
    `Expected the settings of the payment provider "${name}"`,
  );
});

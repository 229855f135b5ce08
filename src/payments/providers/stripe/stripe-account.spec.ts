import { Logger } from '@nestjs/common';
import { StripeDouble } from '../../../../test/support/stripe-double/stripe-double.js';
import { RetryableError } from '../../../operations/kinds/outcome.js';
import { StripeAccount } from './stripe-account.js';

beforeAll(() => Logger.overrideLogger(false));

let double: StripeDouble;
beforeEach(async () => {
  double = await StripeDouble.start();
});
afterEach(() => double.stop());

const accountOf = (secretKey = double.secretKey) => new StripeAccount({ secretKey, apiBase: double.url });

test('is asked once, and is the same for another key of it', async () => {
  const account = accountOf();
  const name = `${double.accountId} test`;
  expect(account.known).toBeNull();
  expect(await Promise.all([account.identify(), account.identify()])).toEqual([name, name]);
  expect([account.known, double.requests.length]).toEqual([name, 1]);
  Object.assign(double, { secretKey: 'sk_test_rolled' });
  expect(await accountOf().identify()).toBe(name);
});

test('is unknown for good if Stripe refuses to tell this key', async () => {
  const account = accountOf('rk_test_of_another');
  expect([await account.identify(), await account.identify()]).toEqual([null, null]);
  expect([account.known, double.requests.length]).toEqual([null, 1]);
});

test.each([
  ['the connection breaks', { type: 'cut', when: 'before' }],
  ['Stripe is broken', { type: 'answered', status: 500, when: 'before' }],
  ['the answer is no JSON', { type: 'garbled', into: 'garbage', when: 'after' }],
  ['the answer is empty', { type: 'garbled', into: 'empty', when: 'after' }],
] as const)('is asked for again after %s', async (_, fault) => {
  double.faults.plan('GET /v1/account', fault);
  const account = accountOf();
  await expect(account.identify()).rejects.toThrow(RetryableError);
  expect(account.known).toBeNull();
  expect(await account.identify()).toBe(`${double.accountId} test`);
});

import { jest } from '@jest/globals';
import { HeldClock } from '../../../test/support/held-clock.js';
import type { Clock } from '../../clock/clock.js';
import { readConfig } from '../../config/config.js';
import type { PaymentProvider } from '../providers/payment-provider.js';
import { ACCOUNT_KINDS } from '../providers/provider-setup.js';
import { OpenAccounts } from './open-accounts.js';
import type { ProviderAccounts } from './provider-accounts.js';

const ID = 'stripe-0123456789abcdef0123';

let sealed: string;
let accounts: OpenAccounts;

const open = jest.spyOn(ACCOUNT_KINDS.stripe, 'open');
const opened = (name: string) => ({ name }) as PaymentProvider;

beforeEach(() => {
  open.mockReset();
  sealed = 'first';
  const find = async () => ({
    provider: 'stripe',
    sealed,
    credentials: { secretKey: 'sk_test_1', webhookSecrets: [] },
  });
  const stored = { find } as unknown as ProviderAccounts;
  accounts = new OpenAccounts(stored, new HeldClock() as unknown as Clock, readConfig({}).payments);
});

test('an account is opened once, and again with other credentials', async () => {
  open.mockResolvedValueOnce(opened('first')).mockResolvedValueOnce(opened('second'));
  expect([await accounts.named(ID), await accounts.named(ID)]).toEqual([opened('first'), opened('first')]);
  sealed = 'second';
  expect([await accounts.named(ID), await accounts.named(ID)]).toEqual([opened('second'), opened('second')]);
});

test('one that could not be opened is opened again', async () => {
  open.mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce(opened('at last'));
  await expect(accounts.named(ID)).rejects.toThrow('away');
  expect(await accounts.named(ID)).toEqual(opened('at last'));
});

test('one that could not be opened with former credentials leaves that with the present ones alone', async () => {
  let fail: (error: Error) => void = () => undefined;
  open.mockReturnValueOnce(new Promise((_, reject) => (fail = reject))).mockResolvedValueOnce(opened('second'));
  const former = accounts.named(ID);
  await new Promise((resolve) => setImmediate(resolve));
  sealed = 'second';
  expect(await accounts.named(ID)).toEqual(opened('second'));
  fail(new Error('away'));
  await expect(former).rejects.toThrow('away');
  expect(await accounts.named(ID)).toEqual(opened('second'));
  expect(open).toHaveBeenCalledTimes(2);
});

import { setImmediate } from 'node:timers/promises';
import type Stripe from 'stripe';
import { everyOne, findRefund } from './stripe-search.js';

/** A list whose `has_more` is always true, so that Stripe's library asks for the same page again and again. */
async function* endless() {
  for (;;) {
    await setImmediate();
    yield { id: 're_1', metadata: {} };
  }
}

test('a list without an end is read until it repeats itself', async () => {
  const stripe = { refunds: { list: endless } } as unknown as Stripe;
  await expect(findRefund(stripe, 'pi_1', 'key')).rejects.toThrow('re_1 twice');
  await expect(everyOne(endless())).rejects.toThrow('re_1 twice');
});

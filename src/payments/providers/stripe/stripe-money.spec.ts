import { CURRENCIES } from '../currencies.js';
import { fromStripe, toStripe } from './stripe-money.js';

test.each([
  ['two decimals, as most', 'EUR', 1999, 1999],
  ['none on either side', 'JPY', 1999, 1999],
  ['three, the last of which is 0', 'KWD', 1990, 1990],
  ['none in the world, two at Stripe', 'ISK', 1999, 199_900],
  ['none in the world, two at Stripe', 'UGX', 1999, 199_900],
  ['two by ISO 4217, none at Stripe', 'MGA', 5000, 50],
  ['none in payouts only', 'HUF', 1999, 1999],
  ['none in payouts only', 'TWD', 1999, 1999],
  ['twelve digits', 'IDR', 999_999_999_999, 999_999_999_999],
  ['withdrawn since, and charged then', 'BGN', 1999, 1999],
])('%s: %s %d is %d at Stripe, and back', (_, currency, ours, theirs) => {
  expect(toStripe({ amount: ours, currency })).toBe(theirs);
  expect(fromStripe(theirs, currency.toLowerCase())).toBe(ours);
});

test.each(['IQD', 'CLF', 'ZZZ'])('%s, whose unit at Stripe is unknown, is not guessed', (currency) => {
  expect(() => toStripe({ amount: 1990, currency })).toThrow(/unit at Stripe/);
  expect(() => fromStripe(1990, currency)).toThrow(/unit at Stripe/);
});

test('every charged currency keeps its largest and smallest amount in both directions', () => {
  for (const [currency, { charged }] of CURRENCIES)
    for (const amount of charged ? [charged.step, charged.most] : [])
      expect([currency, fromStripe(toStripe({ amount, currency }), currency)]).toEqual([currency, amount]);
});

import currencies from 'currency-codes';
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
])('%s: %s %d is %d at Stripe, and back', (_, currency, ours, theirs) => {
  expect(toStripe(ours, currency)).toEqual({ amount: theirs });
  expect(fromStripe(theirs, currency.toLowerCase())).toBe(ours);
});

test.each([
  ['MGA', 5050],
  ['MGA', 1],
  ['KWD', 1999],
])('refuses what Stripe could only round: %s %d', (currency, amount) => {
  expect(toStripe(amount, currency)).toEqual({ refused: 'amount_not_accepted' });
});

test.each(['IQD', 'LYD', 'CLF', 'UYW', 'UYI', 'ZZZ'])('refuses %s, whose unit at Stripe nobody has told', (currency) => {
  expect(toStripe(1990, currency)).toEqual({ refused: 'currency_not_supported' });
});

test('every currency keeps its value there and back, or is refused', () => {
  for (const currency of currencies.codes()) {
    const there = toStripe(123_000, currency);
    if ('amount' in there) expect([currency, fromStripe(there.amount, currency)]).toEqual([currency, 123_000]);
  }
});

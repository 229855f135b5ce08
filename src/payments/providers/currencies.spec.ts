import iso4217 from 'currency-codes';
import { chargeDecline, CURRENCIES, CURRENT_CODES, MOST_OF_ANY, stepDecline } from './currencies.js';

/** Changes since the package's list (2024-06-25): ISO 4217's amendments 176 to 180. */
const ADDED = { XAD: 2, XCG: 2 };
const WITHDRAWN = ['ANG', 'BGN', 'CUC'];

/** Codes without a minor unit, to which the package gives 0: metals, bond and clearing units, tests. */
const WITHOUT_MINOR_UNIT = ['XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX'];

test('the table is ISO 4217 as it is today, digit by digit', () => {
  const today = iso4217.codes().filter((code) => ![...WITHDRAWN, ...WITHOUT_MINOR_UNIT].includes(code));
  const expected = { ...Object.fromEntries(today.map((code) => [code, iso4217.code(code)?.digits])), ...ADDED };
  expect(Object.fromEntries(CURRENT_CODES.map((code) => [code, CURRENCIES.get(code)?.digits]))).toEqual(expected);
  // The number of codes in List One of 2026-09-17, less those without a minor unit.
  expect(CURRENT_CODES).toHaveLength(178 - WITHOUT_MINOR_UNIT.length);
});

test('the package’s list is not newer than the differences listed here', () => {
  expect(iso4217.publishDate).toBe('2024-06-25');
});

test.each(WITHDRAWN)('%s is no longer charged, and can be refunded', (currency) => {
  expect(CURRENT_CODES).not.toContain(currency);
  expect(chargeDecline({ amount: 1999, currency })).toBe('currency_not_supported');
  expect(stepDecline({ amount: 1999, currency })).toBeUndefined();
});

test.each([
  ['EUR', 99_999_999],
  ['JPY', 99_999_999],
  ['XCG', 99_999_999],
  ['IDR', 999_999_999_999],
  ['KWD', 99_999_990],
  // Eight digits in Stripe's unit, which differs from ISO 4217's for these.
  ['MGA', 9_999_999_900],
  ['ISK', 999_999],
  ['UGX', 999_999],
])('of %s at most %d are charged', (currency, most) => {
  expect(chargeDecline({ amount: most, currency })).toBeUndefined();
  const { step = 1 } = CURRENCIES.get(currency)?.charged ?? {};
  expect(chargeDecline({ amount: most + step, currency })).toBe('amount_not_accepted');
});

test('no currency allows a larger amount than the contract', () => {
  expect(MOST_OF_ANY).toBe(999_999_999_999);
  expect(Number.isSafeInteger(MOST_OF_ANY * 100)).toBe(true);
});

test.each([
  ['KWD', 1005],
  ['BHD', 1],
  ['MGA', 5050],
])('%s %d, which would be rounded, is neither charged nor refunded', (currency, amount) => {
  expect(chargeDecline({ amount, currency })).toBe('amount_not_accepted');
  expect(stepDecline({ amount, currency })).toBe('amount_not_accepted');
});

test.each(['IQD', 'LYD', 'CLF', 'UYW', 'UYI', 'XAD', 'GHS', 'ZZZ', 'eur'])('%s is not charged', (currency) => {
  expect(chargeDecline({ amount: 1990, currency })).toBe('currency_not_supported');
});

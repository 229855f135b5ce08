import { amount, currency } from './money.js';

const accepts = (schema: typeof amount | typeof currency, value: unknown) => schema.safeParse(value).success;

test.each([1, 50, 1999, 99_999_999, 999_999_999_999])('%p is an amount', (value) => {
  expect(accepts(amount, value)).toBe(true);
});

test.each([0, -1, 19.99, 0.1, 1_000_000_000_000, 2 ** 53, NaN, Infinity, '1999', null, undefined, 1999n, [1999]])(
  '%p is no amount',
  (value) => {
    expect(accepts(amount, value)).toBe(false);
  },
);

test.each(['EUR', 'USD', 'JPY', 'KWD', 'CLF', 'XCG', 'ZWG', 'VED'])('%p is a currency', (value) => {
  expect(accepts(currency, value)).toBe(true);
});

test.each([
  'eur',
  'EU',
  'ANG',
  'CUC',
  'BGN',
  'HRK',
  'SLL',
  'ZWL',
  'EURO',
  'XXX',
  'XTS',
  'XAU',
  'ZZZ',
  '978',
  '',
  null,
  978,
])('%p is no currency of payments', (value) => {
  expect(accepts(currency, value)).toBe(false);
});

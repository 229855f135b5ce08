import { CURRENCIES } from '../../src/payments/providers/currencies.js';
import { minorUnitDigits } from '../../web/src/minor-unit.js';

test('the page uses the service’s minor units', () => {
  const ours = [...CURRENCIES].map(([code, { digits }]) => [code, digits]);
  expect(ours.map(([code]) => [code, minorUnitDigits(String(code))])).toEqual(ours);
});

test.each([
  ['EUR', '€19.99'],
  ['JPY', '¥1,999'],
  ['KWD', 'KWD 1.999'],
  // Currencies for which browsers show no decimals.
  ['MGA', 'MGA 19.99'],
  ['IDR', 'IDR 19.99'],
])('1999 of %s is shown as %s', async (currency, shown) => {
  Object.assign(globalThis, { document: { documentElement: { lang: 'en' } } });
  const { money } = await import('../../web/src/format.js');
  expect(money(1999, currency).replaceAll('\u00a0', ' ')).toBe(shown);
});

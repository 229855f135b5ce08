/**
 * ISO 4217, as in src/payments/providers/currencies. Intl has the digits in daily use instead: none for MGA, IDR or
 * HUF, which have two.
 */
const OTHER_THAN_TWO: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
    3: 'BHD IQD JOD KWD LYD OMR TND',
    4: 'CLF UYW',
  }).flatMap(([digits, codes]) => codes.split(' ').map((code) => [code, Number(digits)])),
);

/** How many decimal digits the currency's minor unit has. */
export const minorUnitDigits = (currency: string): number => OTHER_THAN_TWO[currency] ?? 2;

/**
 * The currencies, in one table for all providers.
 *
 * Codes and minor units: ISO 4217 List One as published on 2026-09-17 (SIX Financial Information,
 * www.six-group.com/dam/download/financial-information/data-center/iso-currrency/lists/list-one.xml), all that have a
 * minor unit. What can be charged, in which unit, steps and amounts: docs.stripe.com/currencies, read in November 2026.
 */

/** Codes by the number of digits of their minor unit. */
const CURRENT: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
    COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Recently withdrawn: no new charges, but old ones can be read and refunded. */
const WITHDRAWN: Readonly<Record<number, string>> = { 2: 'ANG BGN CUC' };

const codesIn = (list: string) => list.split(/\s+/);

/** Currencies in which cards are charged (#presentment-currencies and #three-decimal). */
const CHARGED = new Set(
  codesIn(
    `USD AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP
    CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD
    JPY KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS
    TOP TRY TTD TWD TZS UAH UGX UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW BHD JOD KWD OMR TND`,
  ),
);

/**
 * Currencies whose unit at Stripe differs from ISO 4217's: MGA has no decimals there (#zero-decimal); ISK and UGX have
 * two, always 00 (#special-cases).
 */
const DIGITS_AT_STRIPE: Readonly<Record<string, number>> = { MGA: 0, ISK: 2, UGX: 2 };

/** In Stripe's unit (#minimum-and-maximum-charge-amounts): twelve digits for rupiah, eight for all others. */
const MOST_AT_STRIPE: Readonly<Record<string, number>> = { IDR: 999_999_999_999 };
const MOST_OF_ANY_AT_STRIPE = 99_999_999;

export interface Currency {
  /** The number of digits of its minor unit. */
  digits: number;
  isCurrent: boolean;
  /** In the minor unit. Absent: no provider charges it. */
  charged?: { digitsAtStripe: number; step: number; most: number };
}

function entryOf(code: string, digits: number, isCurrent: boolean): [string, Currency] {
  if (isCurrent && !CHARGED.has(code)) return [code, { digits, isCurrent }];
  const digitsAtStripe = DIGITS_AT_STRIPE[code] ?? digits;
  const ofOurs = 10 ** (digits - digitsAtStripe);
  // With three decimals, the last must be 0 (#three-decimal).
  const step = digits === 3 ? 10 : Math.max(ofOurs, 1);
  const most = (MOST_AT_STRIPE[code] ?? MOST_OF_ANY_AT_STRIPE) * ofOurs;
  return [code, { digits, isCurrent, charged: { digitsAtStripe, step, most: Math.floor(most / step) * step } }];
}

const entriesOf = (lists: Readonly<Record<number, string>>, isCurrent: boolean) =>
  Object.entries(lists).flatMap(([digits, list]) =>
    codesIn(list).map((code) => entryOf(code, Number(digits), isCurrent)),
  );

export const CURRENCIES: ReadonlyMap<string, Currency> = new Map([
  ...entriesOf(CURRENT, true),
  ...entriesOf(WITHDRAWN, false),
]);

/** Codes in which new charges are accepted. */
export const CURRENT_CODES = [...CURRENCIES].flatMap(([code, { isCurrent }]) => (isCurrent ? [code] : [])).sort();

/** The largest amount of any currency, in its minor unit. */
export const MOST_OF_ANY = Math.max(...[...CURRENCIES.values()].map(({ charged }) => charged?.most ?? 0));

export interface Money {
  /** In the currency's minor unit. */
  amount: number;
  currency: string;
}

export type MoneyDecline = 'currency_not_supported' | 'amount_not_accepted';

/** Why a charge of this amount is refused; undefined if it is not. */
export function chargeDecline({ amount, currency }: Money): MoneyDecline | undefined {
  const { charged, isCurrent } = CURRENCIES.get(currency) ?? {};
  if (!charged || !isCurrent) return 'currency_not_supported';
  return amount > charged.most ? 'amount_not_accepted' : stepDecline({ amount, currency });
}

/** Why this amount of a charge cannot be moved (it would be rounded); undefined if it can. */
export function stepDecline({ amount, currency }: Money): MoneyDecline | undefined {
  const { charged } = CURRENCIES.get(currency) ?? {};
  if (!charged) return 'currency_not_supported';
  return amount % charged.step === 0 ? undefined : 'amount_not_accepted';
}

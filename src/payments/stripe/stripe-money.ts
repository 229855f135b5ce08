import currencies from 'currency-codes';

/** Currencies without a minor unit at Stripe (docs.stripe.com/currencies#zero-decimal). */
const NO_DECIMALS = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));

/** With three decimals, of which Stripe takes two: the last digit must be 0 (docs.stripe.com/currencies#three-decimal). */
const THREE_DECIMALS = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);

/** Without decimals in the world, and with two, always 00, at Stripe (docs.stripe.com/currencies#special-cases). */
const TWO_DECIMALS_ALL_THE_SAME = new Set(['ISK', 'UGX']);

/** How many decimals Stripe counts a currency in; undefined where it follows neither Stripe's rule nor an exception that we know. */
function decimalsAtStripe(currency: string): number | undefined {
  if (NO_DECIMALS.has(currency)) return 0;
  if (THREE_DECIMALS.has(currency)) return 3;
  return TWO_DECIMALS_ALL_THE_SAME.has(currency) || decimalsOf(currency) === 2 ? 2 : undefined;
}

const decimalsOf = (currency: string) => currencies.code(currency)?.digits;

/** How many of Stripe's units make one of ISO 4217's: a power of ten; less than 1 where Stripe's is the larger. */
function unitsAtStripe(currency: string): number | undefined {
  const [theirs, ours] = [decimalsAtStripe(currency), decimalsOf(currency)];
  return theirs === undefined || ours === undefined ? undefined : 10 ** (theirs - ours);
}

export type InStripesUnit = { amount: number } | { refused: 'amount_not_accepted' | 'currency_not_supported' };

/** From the minor unit of ISO 4217 to Stripe's. An amount that would have to be rounded is refused. */
export function toStripe(amount: number, currency: string): InStripesUnit {
  const units = unitsAtStripe(currency);
  if (units === undefined) return { refused: 'currency_not_supported' };
  const step = THREE_DECIMALS.has(currency) ? 10 : 1 / Math.min(units, 1);
  return amount % step === 0 ? { amount: Math.round(amount * units) } : { refused: 'amount_not_accepted' };
}

/** From Stripe's unit to the minor unit of ISO 4217, whatever the letters' case. */
export function fromStripe(amount: number, currency: string): number {
  const units = unitsAtStripe(currency.toUpperCase());
  if (units === undefined) throw new Error(`Stripe has moved money in ${currency}, whose unit at Stripe we do not know.`);
  return Math.round(amount / units);
}

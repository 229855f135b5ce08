import { CURRENCIES, type Money } from '../currencies.js';

/** How many of Stripe's units make one of ISO 4217's: a power of ten; less than 1 where Stripe's is the larger. */
function unitsAtStripe(currency: string): number {
  const { digits, charged } = CURRENCIES.get(currency) ?? {};
  if (digits === undefined || !charged)
    throw new Error(`Stripe moves money in ${currency}, whose unit at Stripe we do not know.`);
  return 10 ** (charged.digitsAtStripe - digits);
}

/** From the minor unit of ISO 4217 to Stripe's, of an amount that need not be rounded (see stepDecline). */
export const toStripe = ({ amount, currency }: Money): number => Math.round(amount * unitsAtStripe(currency));

/** From Stripe's unit to the minor unit of ISO 4217, whatever the letters' case. */
export const fromStripe = (amount: number, currency: string): number =>
  Math.round(amount / unitsAtStripe(currency.toUpperCase()));

import { CURRENCIES, type Money } from '../currencies.js';

/** How many of Stripe's units make one of ISO 4217's: a power of ten; below 1 if Stripe's unit is larger. */
function unitsAtStripe(currency: string): number {
  const { digits, charged } = CURRENCIES.get(currency) ?? {};
  if (digits === undefined || !charged)
    throw new Error(`Stripe moves money in ${currency}, whose unit at Stripe we do not know.`);
  return 10 ** (charged.digitsAtStripe - digits);
}

/** From ISO 4217's minor unit to Stripe's, for an amount that needs no rounding (see stepDecline). */
export const toStripe = ({ amount, currency }: Money): number => Math.round(amount * unitsAtStripe(currency));

/** From Stripe's unit to ISO 4217's minor unit; `currency` in any case. NaN, never 0, for what is no number. */
export const fromStripe = (amount: number, currency: string): number =>
  Number.isFinite(amount) ? Math.round(amount / unitsAtStripe(currency.toUpperCase())) : NaN;

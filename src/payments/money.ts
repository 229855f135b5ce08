import currencies from 'currency-codes';
import { z } from 'zod';

/** The codes of ISO 4217 that nobody pays with: precious metals, bond and clearing units, tests. */
const NO_TENDER = new Set(['XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX']);

const CODES = currencies
  .codes()
  .filter((code) => !NO_TENDER.has(code))
  .sort();

/** Eight digits, as card networks and Stripe take at most (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const MOST = 99_999_999;

export const amount = z
  .int('expected a whole number of the currency’s minor unit, such as 1999 for 19.99')
  .min(1, 'expected at least 1')
  .max(MOST, `expected at most ${MOST}`)
  .meta({ description: 'In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999.' });

export const currency = z
  .enum(CODES as [string, ...string[]], 'expected an ISO 4217 code in upper case, such as EUR')
  .meta({ description: 'ISO 4217.' });

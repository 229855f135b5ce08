import { z } from 'zod';
import { CURRENT_CODES, MOST_OF_ANY } from './currencies.js';

/** The provider's limits per currency apply when a charge starts. */
export const amount = z
  .int('expected a whole number of the currency’s minor unit, such as 1999 for 19.99')
  .min(1, 'expected at least 1')
  .max(MOST_OF_ANY, `expected at most ${MOST_OF_ANY}`)
  .meta({ description: 'In the currency’s minor unit: 1999 is EUR 19.99 and JPY 1,999.' });

export const currency = z
  .enum(CURRENT_CODES as [string, ...string[]], 'expected an ISO 4217 code in upper case, such as EUR')
  .meta({ description: 'ISO 4217.' });

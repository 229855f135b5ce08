import { SECONDS } from '../../../time/durations.js';
import { openStripe, type StripeOptions } from './stripe-client.js';

const WITHIN_MS = 5 * SECONDS;
const MODE = /^\w\w_(live|test)_/;

/** The account that a secret key belongs to, and whether its money is real. Rejects where Stripe does not tell. */
export async function stripeAccountOf({ secretKey, apiBase }: StripeOptions): Promise<string> {
  const { id } = await openStripe({ secretKey, apiBase, timeoutMs: WITHIN_MS }).accounts.retrieveCurrent();
  return [id, MODE.exec(secretKey)?.[1]].filter(Boolean).join(' ');
}

import { Logger } from '@nestjs/common';
import Stripe from 'stripe';
import { RetryableError } from '../../../operations/kinds/outcome.js';
import { SECONDS } from '../../../time/durations.js';
import { openStripe, type StripeOptions } from './stripe-client.js';

const WITHIN_MS = 5 * SECONDS;
const MODE = /^\w\w_(live|test)_/;

/** The account that a secret key belongs to, and whether its money is real. Rejects where Stripe does not tell. */
export async function stripeAccountOf({ secretKey, apiBase }: StripeOptions): Promise<string> {
  const { id } = await openStripe({ secretKey, apiBase, timeoutMs: WITHIN_MS }).accounts.retrieveCurrent();
  if (typeof id !== 'string' || id === '') throw new Error('Stripe names no account.');
  return [id, MODE.exec(secretKey)?.[1]].filter(Boolean).join(' ');
}

/** Whose a secret key is: asked once, and again if Stripe could not be asked. */
export class StripeAccount {
  /** Null: not told by now. */
  known: string | null = null;
  private readonly logger = new Logger(StripeAccount.name);
  private asking: Promise<string | null> | undefined;

  constructor(private readonly options: StripeOptions) {}

  /** Null if Stripe does not tell it to this key. @throws RetryableError */
  identify(): Promise<string | null> {
    this.asking ??= this.ask();
    return this.asking;
  }

  private async ask(): Promise<string | null> {
    try {
      return (this.known = await stripeAccountOf(this.options));
    } catch (err) {
      if (isRefused(err)) {
        this.logger.warn({ msg: 'Stripe does not tell whose account its key is of', err });
        return null;
      }
      this.asking = undefined;
      throw new RetryableError('provider_unavailable', 'Stripe does not tell now whose account its key is of.', {
        cause: err,
      });
    }
  }
}

const isRefused = (error: unknown) =>
  error instanceof Stripe.errors.StripePermissionError || error instanceof Stripe.errors.StripeAuthenticationError;

import Stripe from 'stripe';
import { SECONDS } from '../../../time/durations.js';

export interface StripeOptions {
  secretKey: string;
  /** Any of them may sign a webhook. Without one, every webhook is refused. */
  webhookSecrets?: readonly string[] | undefined;
  apiBase?: string | undefined;
  /** The time limit of a call from end to end; well below the 30 seconds of payment.charge. */
  timeoutMs?: number | undefined;
}

/** The API version that this code was written for; a newer one is a decision (docs.stripe.com/api/versioning). */
const API_VERSION = '2026-10-28.endive';

/**
 * Stripe's library, set to send each request once. It uses fetch: its default transport repeats a POST when the
 * connection breaks, whatever maxNetworkRetries says, and starts the time limit only once it is connected.
 */
export function openStripe({
  secretKey,
  apiBase = 'https://api.stripe.com',
  timeoutMs = 15 * SECONDS,
}: StripeOptions): Stripe {
  const { protocol, hostname, port } = new URL(apiBase);
  return new Stripe(secretKey, {
    apiVersion: API_VERSION,
    host: hostname,
    port: port || (protocol === 'http:' ? 80 : 443),
    protocol: protocol === 'http:' ? 'http' : 'https',
    timeout: timeoutMs,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(),
  });
}

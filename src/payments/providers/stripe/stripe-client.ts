import Stripe from 'stripe';
import { SECONDS } from '../../../time/durations.js';

export interface StripeOptions {
  secretKey: string;
  /** A webhook may be signed by any of them. None: every webhook is refused. */
  webhookSecrets?: readonly string[] | undefined;
  apiBase?: string | undefined;
  /** How long a call may take from end to end; well below the 30 seconds of payment.charge. */
  timeoutMs?: number | undefined;
}

/** The version whose answers we have read; a new one is a decision, not an update (docs.stripe.com/api/versioning). */
const API_VERSION = '2026-10-28.endive';

/**
 * Stripe's library, which sends each request once. It uses fetch, since its default transport repeats a POST when the
 * connection breaks, whatever maxNetworkRetries says, and starts the time limit only once the connection stands.
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

import type { Operation, OperationEvent } from './api.js';

/** The event of a webhook that would else be larger than 20 KB: read the rest with `client.get(operationId)`. */
export type TruncatedOperationEvent = Omit<OperationEvent, 'detail' | 'operation'> & {
  truncated: true;
  operation: Pick<Operation, 'id' | 'kind' | 'status' | 'version' | 'done'>;
};

/** What a webhook carries. `timestamp`: when it occurred, as ISO 8601. */
export type WebhookEvent =
  | { type: OperationEvent['type']; timestamp: string; data: OperationEvent | TruncatedOperationEvent }
  | { type: 'webhook.test'; timestamp: string; data: { endpointId: string; message: string } };

/**
 * `missing_header`, `no_matching_signature`: not from the service, or changed on its way. `too_old`, `too_new`: sent
 * before or after the tolerance; compare the clocks. `malformed`: signed, and no event.
 */
export type WebhookRefusal = 'missing_header' | 'too_old' | 'too_new' | 'no_matching_signature' | 'malformed';

/** Why a webhook is not to be trusted. Answer it with 400. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';

  constructor(
    readonly code: WebhookRefusal,
    message: string,
  ) {
    super(message);
  }
}

export interface VerifyOptions {
  /** Seconds by which the webhook's time may differ from `now`: 300 by default. */
  tolerance?: number;
  /** Milliseconds since 1970. */
  now?: number;
}

type HeadersGiven = Headers | Readonly<Record<string, string | string[] | undefined>>;

/**
 * Verifies a webhook of the service (https://www.standardwebhooks.com) by Web Crypto, in constant time.
 * @param body as it came, byte for byte: before anything parses it
 * @param headers of the request: `Headers`, or Node's object
 * @param secret `whsec_…`; several while one replaces another
 * @throws WebhookError
 */
export async function verifyWebhook(
  body: string | Uint8Array<ArrayBuffer>,
  headers: HeadersGiven,
  secret: string | readonly string[],
  { tolerance = 300, now = Date.now() }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  ) as [string, string, string];
  expectRecent(timestamp, now / 1000, tolerance);
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = concatenated(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  for (const one of [secret].flat()) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', decoded(one.replace(/^whsec_/, '')), algorithm, false, ['verify']);
    for (const signature of signatures.split(' ')) {
      const [version, base64 = ''] = signature.split(',');
      if (version !== 'v1' || !isBase64(base64)) continue;
      if (await crypto.subtle.verify('HMAC', key, decoded(base64), signed)) return parsed(bytes);
    }
  }
  throw new WebhookError(
    'no_matching_signature',
    'Expected a signature made with the secret of the endpoint, found none. Give the body as it came, unparsed.',
  );
}

function headerOf(headers: HeadersGiven, name: string): string {
  const found = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof found === 'string' && found !== '') return found;
  throw new WebhookError('missing_header', `Expected the header ${name} once, found ${found ? 'several' : 'none'}.`);
}

function expectRecent(timestamp: string, now: number, tolerance: number): void {
  const age = now - (/^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN);
  if (Math.abs(age) <= tolerance) return;
  const found = Number.isNaN(age) ? 'no number' : `one of ${Math.round(Math.abs(age))} s ${age > 0 ? 'ago' : 'ahead'}`;
  const message = `Expected webhook-timestamp to be within ${tolerance} s of now, found ${found}.`;
  throw new WebhookError(age < 0 ? 'too_new' : 'too_old', message);
}

function parsed(bytes: Uint8Array): WebhookEvent {
  try {
    const event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as WebhookEvent | null;
    if (typeof event?.type === 'string' && typeof event.data === 'object') return event;
  } catch {
    // Reported below, as for JSON of another shape.
  }
  throw new WebhookError('malformed', 'Expected {type, timestamp, data}, found a signed body of another shape.');
}

const isBase64 = (text: string) => /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0;

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function concatenated(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

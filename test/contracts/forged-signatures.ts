import type { IncomingWebhook } from '../../src/payments/providers/payment-provider.js';

/** Forgeries of a header `t=…,v1=…`, the format of Stripe's and the sandbox's signatures. */
export function forgedByHeader(body: Buffer, name: string, header: string): Record<string, IncomingWebhook> {
  const now = String(Math.floor(Date.now() / 1000) + 1);
  const headers = {
    'another time': header.replace(/t=\d+/, `t=${now}`),
    'no time': header.replace(/t=\d+,/, ''),
    'a second time': header.replace(/(t=\d+)/, `$1,t=${now}`),
    'another signature': header.replace(/v1=\w{8}/, 'v1=00000000'),
    'another scheme': header.replace('v1=', 'v0='),
    'no signature': header.replace(/,v1=.*/, ''),
    'something else': 'whatever',
  };
  return Object.fromEntries(
    Object.entries(headers).map(([how, forged]) => [how, { body, headers: { [name]: forged } }]),
  );
}

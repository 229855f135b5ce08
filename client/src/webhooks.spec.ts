import { verifyWebhook, WebhookError, type WebhookEvent } from './webhooks.js';

// The example of the specification: https://github.com/standard-webhooks/standard-webhooks.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const BODY = JSON.stringify({
  type: 'webhook.test',
  timestamp: '2026-11-26T12:00:00.000Z',
  data: { endpointId: '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b71', message: 'A test: ✓' },
});
const NOW = 1_795_694_400_000;

async function signed(body = BODY, secret = SECRET, seconds: string | number = NOW / 1000, id = 'msg_1') {
  const raw = Uint8Array.from(atob(secret.slice(6)), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${seconds}.${body}`));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`,
  };
}

const verify = (
  headers: Parameters<typeof verifyWebhook>[1],
  body: string | Uint8Array<ArrayBuffer> = BODY,
  secret: string | string[] = SECRET,
) => verifyWebhook(body, headers, secret, { now: NOW });

const codeOf = (verification: Promise<WebhookEvent>) =>
  verification.then(
    () => 'verified',
    (error: unknown) => (error instanceof WebhookError ? error.code : error),
  );

describe('a webhook', () => {
  test('is verified from text or bytes, with headers of fetch or of Node, and is typed', async () => {
    const headers = await signed();
    for (const given of [headers, new Headers(headers)])
      for (const body of [BODY, new TextEncoder().encode(BODY)]) {
        const event = await verify(given, body);
        expect(event).toEqual(JSON.parse(BODY));
        if (event.type === 'webhook.test') expect(event.data.message).toBe('A test: ✓');
      }
  });

  test('is verified by any of several signatures and secrets', async () => {
    const [mine, theirs] = [await signed(), await signed(BODY, OTHER)];
    const both = `v1a,abc ${theirs['webhook-signature']} ${mine['webhook-signature']}`;
    expect(await codeOf(verify({ ...mine, 'webhook-signature': both }))).toBe('verified');
    expect(await codeOf(verify(theirs, BODY, [SECRET, OTHER]))).toBe('verified');
    expect(await codeOf(verify(theirs))).toBe('no_matching_signature');
  });

  test('that was changed, or whose signature is none, is refused', async () => {
    const headers = await signed();
    expect(await codeOf(verify(headers, BODY.replace('test', 'toast')))).toBe('no_matching_signature');
    expect(await codeOf(verify({ ...headers, 'webhook-id': 'msg_2' }))).toBe('no_matching_signature');
    for (const signature of ['v1', 'v1,', 'v1,%', 'v1,AAAA', 'v2,AAAA', headers['webhook-signature'].slice(3)])
      expect(await codeOf(verify({ ...headers, 'webhook-signature': signature }))).toBe('no_matching_signature');
  });

  test.each([
    ['5 min ago', 'verified', -300],
    ['more ago', 'too_old', -301],
    ['5 min ahead', 'verified', 300],
    ['more ahead', 'too_new', 301],
  ])('of %s is %s', async (_, code, seconds) => {
    expect(await codeOf(verify(await signed(BODY, SECRET, NOW / 1000 + seconds)))).toBe(code);
  });

  test.each(['', 'soon', '1e9', '-1', '1795694400.5'])('with the time "%s" is refused', async (time) => {
    expect(await codeOf(verify(await signed(BODY, SECRET, time)))).toBe(time === '' ? 'missing_header' : 'too_old');
  });

  test('without a header, or with one twice, is refused', async () => {
    const headers = await signed();
    for (const name of Object.keys(headers)) {
      expect(await codeOf(verify({ ...headers, [name]: undefined }))).toBe('missing_header');
      expect(await codeOf(verify({ ...headers, [name]: ['a', 'b'] }))).toBe('missing_header');
    }
  });

  test.each(['', 'null', '[]', '{"type":1}', 'no JSON'])('of %j, although signed, is malformed', async (body) => {
    expect(await codeOf(verify(await signed(body), body))).toBe('malformed');
  });
});

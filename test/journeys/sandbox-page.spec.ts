import { createHash } from 'node:crypto';
import { PaymentsOf } from '../support/payments.js';
import { type Problem, Service } from '../support/service.js';

describe('the page of the sandbox', () => {
  let service: Service;
  let payments: PaymentsOf;
  beforeAll(async () => {
    service = await Service.start();
    payments = new PaymentsOf(service);
  });
  afterAll(() => service.stop());

  async function pageOf(more: Record<string, unknown> = {}): Promise<string> {
    const { nextAction } = await payments.waitingForTheCustomer(undefined, more);
    return (nextAction as unknown as { url: string }).url;
  }

  /** Sends the page's form like a browser. */
  const press = (url: string, answer: string) =>
    fetch(`${url}/${answer}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'Content-Type': 'text/plain' },
      body: '',
    });

  test.each([
    [1999, 'EUR', '€19.99'],
    [1999, 'JPY', '¥1,999'],
    [19_990, 'KWD', 'KWD&nbsp;19.990'],
  ])('shows the amount: %i of %s', async (amount, currency, words) => {
    const text = await (await fetch(await pageOf({ amount, currency }))).text();
    expect(text.replaceAll('\u00a0', '&nbsp;')).toContain(words);
  });

  test('has a policy that allows only its style and its redirect to the shop', async () => {
    const response = await fetch(await pageOf({ returnUrl: 'https://shop.example/order?a=1' }));
    const text = await response.text();
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; form-action 'self' ` +
        `https://shop.example; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    expect(text.replace('<link rel="icon" href="data:,">', '')).not.toMatch(/<script|<link|<img|https?:/);
  });

  test('keeps the policy for any return address', async () => {
    const response = await fetch(await pageOf({ returnUrl: 'https://shop;script-src/' }));
    expect(response.headers.get('content-security-policy')).toContain("form-action 'self'; base-uri");
  });

  test.each([
    ['https://shop.example/order?a=1&b=2', 'https://shop.example/order?a=1&b=2'],
    ['https://shop.example/ご注文', 'https://shop.example/%E3%81%94%E6%B3%A8%E6%96%87'],
  ])('returns the customer to %s', async (returnUrl, location) => {
    const url = await pageOf({ returnUrl });
    const answer = await press(url, 'approve');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, location]);
    const opened = await (await fetch(url)).text();
    expect(opened).toContain('You have approved this payment.');
    expect(opened).toContain(`href="${location.replaceAll('&', '&#38;')}"`);
  });

  test('counts the first answer only', async () => {
    const url = await pageOf();
    await press(url, 'refuse');
    await press(url, 'approve');
    expect(await (await fetch(url)).text()).toContain('You have refused this payment. Nothing was taken.');
  });

  test('offers only the return if the shop has canceled', async () => {
    const { id, nextAction } = await payments.waitingForTheCustomer();
    await service.request('POST', `/api/operations/${id}/cancel`);
    await service.ending(id);
    const text = await (await fetch((nextAction as unknown as { url: string }).url)).text();
    expect(text).toContain('The shop has canceled this payment. Nothing was taken.');
    expect(text).not.toContain('<button');
  });

  test('answers 404 for other payments and other answers', async () => {
    for (const token of ['0'.repeat(32), 'A-1001', '%00', '%E2%98%83', '%0d%0a']) {
      const url = `${service.url}/sandbox/authenticate/${token}`;
      for (const unknown of [await fetch(url), await press(url, 'approve')]) {
        expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
        expect(await unknown.text()).toContain('No such payment');
      }
    }
    expect((await press(await pageOf(), 'steal')).status).toBe(404);
  });
});

describe('a confirmation of the sandbox', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start()));
  afterAll(() => service.stop());

  const confirm = (body: unknown) => service.post<Problem>('/sandbox/confirmations', body);

  test('ends the payment by the customer’s answer', async () => {
    const { id, nextAction } = await new PaymentsOf(service).waitingForTheCustomer('pm_sandbox_confirm');
    const { clientSecret } = (nextAction as unknown as { clientData: { clientSecret: string } }).clientData;
    expect((await confirm({ clientSecret, approve: false })).status).toBe(204);
    expect(await service.ending(id)).toMatchObject({ status: 'failed', failure: { code: 'authentication_failed' } });
    expect((await confirm({ clientSecret, approve: true })).status).toBe(204);
    expect(await service.charges(id)).toBe(0);
  });

  test('of an unknown payment is refused', async () => {
    expect(await confirm({ clientSecret: 'f'.repeat(32), approve: true })).toMatchObject({
      status: 404,
      body: { code: 'payment_not_found' },
    });
  });

  test.each([
    [{}],
    [{ clientSecret: 'x' }],
    [{ clientSecret: 'x', approve: 'yes' }],
    [{ clientSecret: 'x', approve: true, more: 1 }],
    ['x'],
  ])('that is malformed is refused: %j', async (body) => {
    expect(await confirm(body)).toMatchObject({ status: 422, body: { code: 'invalid_body' } });
  });
});

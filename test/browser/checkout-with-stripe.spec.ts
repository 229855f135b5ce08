import { TestBrowser } from '../support/browser.js';
import { Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';

describe('the checkout of a shop that takes its payments through Stripe', () => {
  let double: StripeDouble;
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    [double, browser] = await Promise.all([StripeDouble.start(), TestBrowser.launch()]);
    const { secretKey, webhookSecret, url } = double;
    const stripe = { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret, STRIPE_API_BASE: url };
    service = await Service.start({ PAYMENT_PROVIDER: 'stripe', ...stripe });
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await double.stop();
  });
  afterEach(() => browser.closePages());

  test('offers only Stripe’s methods, is paid there, and never says that no money moves', async () => {
    const page = await browser.open(service.url);
    await page.getByText('Stripe’s test cards, in its test mode.').waitFor();
    const radios = await page.getByRole('radio').all();
    const offered = await Promise.all(radios.map((radio) => radio.inputValue()));
    expect(offered).toContain('pm_card_visa');
    expect(offered.filter((method) => method.startsWith('pm_sandbox'))).toEqual([]);
    await page.getByRole('button', { name: /^Pay / }).click();
    await page.getByRole('status').filter({ hasText: 'Paid. Thank you' }).waitFor();
    expect(await page.getByText(/No money moves|sandbox/i).count()).toBe(0);
  });

  test('offers the payment methods of any provider, in the provider’s words if the page has none', async () => {
    const blank = await browser.open('about:blank');
    const paymentMethods = [{ token: 'kt-good', summary: 'Is paid, as Kestrel says' }];
    const body = JSON.stringify({ name: 'kestrel', live: false, paymentMethods });
    await blank
      .context()
      .route('**/api/payments/provider', (route) => route.fulfill({ contentType: 'application/json', body }));
    const page = await browser.open(service.url, { in: blank.context() });
    await page.getByText('Kestrel’s test cards, in its test mode.').waitFor();
    const radios = await page.getByRole('radio').all();
    expect(await Promise.all(radios.map((radio) => radio.inputValue()))).toEqual(['kt-good']);
    expect(await page.getByRole('radio', { name: /Is paid, as Kestrel says/ }).isChecked()).toBe(true);
    const started = page.waitForRequest(
      (request) => request.method() === 'POST' && request.url().endsWith('/api/start-tokens'),
    );
    await page.getByRole('button', { name: /^Pay / }).click();
    expect((await started).postDataJSON()).toMatchObject({ input: { paymentMethod: 'kt-good' } });
  });

  test('warns if real money moves', async () => {
    const blank = await browser.open('about:blank');
    const paymentMethods = [{ token: 'pm_card_visa', summary: 'Is paid, in test mode' }];
    const live = JSON.stringify({ name: 'stripe', live: true, paymentMethods });
    await blank
      .context()
      .route('**/api/payments/provider', (route) => route.fulfill({ contentType: 'application/json', body: live }));
    const page = await browser.open(service.url, { in: blank.context() });
    await page.getByText('Stripe takes real money here').waitFor();
    expect(await page.getByText(/No money moves|sandbox/i).count()).toBe(0);
  });
});

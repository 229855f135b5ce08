import { seriousFindings, TestBrowser } from '../support/browser.js';
import { PaymentsOf } from '../support/payments.js';
import { Service } from '../support/service.js';

describe('the sandbox’s page in a browser', () => {
  let service: Service;
  let browser: TestBrowser;
  let payments: PaymentsOf;
  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start(), TestBrowser.launch()]);
    payments = new PaymentsOf(service);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });
  afterEach(async () => {
    const complaints = [...browser.complaints];
    await browser.closePages();
    expect(complaints).toEqual([]);
  });

  async function waiting(returnUrl?: string) {
    const { id, nextAction } = await payments.waitingForTheCustomer(
      undefined,
      returnUrl === undefined ? {} : { returnUrl },
    );
    return { id, url: (nextAction as unknown as { url: string }).url };
  }

  test.each([
    { answer: 'Approve', status: 'success' },
    { answer: 'Refuse', status: 'failed' },
  ])('$answer returns the customer to the shop, without any script', async ({ answer, status }) => {
    const { id, url } = await waiting(`${service.url}/?order=1`);
    const page = await browser.open(url, { javaScriptEnabled: false });
    await page.getByText('€19.99').waitFor();
    await page.getByRole('button', { name: answer }).click();
    await page.waitForURL(`${service.url}/?order=1`);
    expect(await service.ending(id)).toMatchObject({ status });
  });

  test('shows that it was answered if it is opened again or has no return address', async () => {
    const { url } = await waiting();
    const page = await browser.open(url);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('You have approved this payment.').waitFor();
    await page.getByText('You may close this page.').waitFor();
    await page.goto(url);
    await page.getByText('You have approved this payment.').waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
  });

  test.each(['light', 'dark'] as const)('is accessible, on a phone, in the %s', async (colorScheme) => {
    const { url } = await waiting('https://shop.example/order');
    const page = await browser.open(url, { colorScheme, viewport: { width: 320, height: 640 } });
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    for (const button of await page.getByRole('button').all())
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  });
});

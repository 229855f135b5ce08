import { seriousFindings, TestBrowser } from '../support/browser.js';
import { eventually, Service } from '../support/service.js';
import { answering, verified, WebhookReceiver } from '../support/webhook-receiver.js';

describe('the page of webhooks in a browser', () => {
  let service: Service;
  let browser: TestBrowser;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    [service, browser, receiver] = await Promise.all([
      Service.start({ WEBHOOK_ALLOW_PRIVATE: 'true' }),
      TestBrowser.launch(),
      WebhookReceiver.start(),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await receiver.stop();
  });
  afterEach(() => browser.closePages());

  test('creates an endpoint, shows its secret once, its deliveries and their answers, and sends again', async () => {
    const page = await browser.open(`${service.url}/webhooks`);
    await page.getByText('No endpoint yet.').waitFor();
    await page.getByLabel('Send events to').fill(receiver.url);
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    const secret = (await page.getByText(/^whsec_/).textContent()) ?? '';
    await page.getByRole('link', { name: receiver.url }).click();
    await page.getByRole('heading', { name: receiver.url }).waitFor();
    expect(await page.getByText(/^whsec_/).count()).toBe(0);

    receiver.answer = answering(500, 'Not today.');
    await page.getByRole('button', { name: 'Send a test' }).click();
    const delivery = page.getByRole('listitem', { name: /webhook\.test/ });
    // It is tried again by itself after five seconds.
    await delivery.getByText(/Request and (one|2) attempt/).click();
    await delivery.getByText('Not today.').waitFor();
    await page.getByText(/failing since/).waitFor();

    receiver.answer = answering(204);
    await delivery.getByRole('button', { name: 'Send again' }).click();
    await delivery.getByText('Delivered').waitFor();
    expect(verified(receiver.received[1]!, secret)).toMatchObject({ type: 'webhook.test' });

    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable' }).waitFor();
    await page.getByText('Disabled', { exact: true }).waitFor();
    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No endpoint yet.').waitFor();
    // The page may ask once more for what it has just deleted.
    expect(browser.complaints.filter((complaint) => !/404 \(Not Found\)/.test(complaint))).toEqual([]);
  });

  test('says why a URL is refused', async () => {
    const page = await browser.open(`${service.url}/webhooks`);
    await page.getByLabel('Send events to').fill('https://me@shop.example/');
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await page.getByRole('alert').filter({ hasText: 'credentials' }).waitFor();
  });

  test.each(['light', 'dark'] as const)('is accessible: axe finds nothing serious, %s', async (colorScheme) => {
    receiver.answer = answering(204);
    const { body } = await service.post<{ id: string }>('/api/webhook-endpoints', {
      url: `${receiver.url}/${colorScheme}/${'long'.repeat(20)}`,
    });
    const { id } = await service.charge();
    await eventually(async () => receiver.eventsOf(id).length >= 3);
    for (const width of [1440, 390, 320]) {
      const page = await browser.open(`${service.url}/webhooks/${body.id}`, {
        colorScheme,
        viewport: { width, height: 900 },
      });
      await page.getByText('operation.succeeded').first().waitFor();
      await page
        .getByText(/Request and/)
        .first()
        .click();
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await page.getByRole('link', { name: 'All webhooks' }).click();
      await page.getByText('Enabled').first().waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
  });
});

import { TestBrowser } from '../support/browser.js';
import { Service } from '../support/service.js';

describe('the documentation in a browser', () => {
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start(), TestBrowser.launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  test('runs under its policy, and its examples too', async () => {
    const page = await browser.open(`${service.url}/docs`);
    await page.getByText('/api/operations/{id}/cancel').waitFor();
    await page.locator('#operations-operations-listOperations').getByRole('button').first().click();
    await page.getByRole('button', { name: 'Execute' }).click();
    expect(browser.complaints).toEqual([]);
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();

    expect(browser.complaints).toEqual([]);
    const { headers } = await service.get('/docs');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});

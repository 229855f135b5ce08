import type { Page } from 'playwright-core';
import { seriousFindings, TestBrowser } from '../support/browser.js';
import { Service } from '../support/service.js';

describe('the pages on screens of any size', () => {
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start(), TestBrowser.launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });
  afterEach(() => browser.closePages());

  const open = (path: string, width: number, height: number) =>
    browser.open(service.url + path, { viewport: { width, height } });
  const boxOf = async (page: Page, role: 'button' | 'row' | 'cell' | 'status', name: RegExp) =>
    (await page.getByRole(role).filter({ hasText: name }).first().boundingBox())!;
  const fits = (page: Page) => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');

  test.each([
    [1440, 900],
    [768, 1024],
    [390, 844],
  ])('show Pay without scrolling, at %d by %d', async (width, height) => {
    const page = await open('/', width, height);
    const { y, height: tall } = await boxOf(page, 'button', /^Pay €/);
    expect(y + tall).toBeLessThanOrEqual(height);
    expect(await fits(page)).toBe(true);
    // The last method can be reached by scrolling its list.
    await page.getByRole('radio').last().check();
    expect(await seriousFindings(page)).toEqual([]);
    // The payment's ending is visible.
    await page.getByRole('radio').first().check();
    await page.getByRole('button', { name: /^Pay / }).click();
    await page.getByRole('status').filter({ hasText: 'Paid. Thank you' }).waitFor();
    await page.getByText('Paid. Thank you').waitFor();
    const ending = await boxOf(page, 'status', /Paid/);
    expect(ending.y + ending.height).toBeLessThanOrEqual(height);
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('keep the height of the checkout, however many messages the network log has', async () => {
    const page = await open('/', 1440, 900);
    const height = () => page.evaluate<number>('document.documentElement.scrollHeight');
    await page.getByRole('button', { name: /^Pay / }).waitFor();
    const before = await height();
    for (let payments = 0; payments < 8; payments += 1) {
      await page.getByRole('button', { name: /^Pay / }).click();
      await page.getByRole('button', { name: 'New order' }).click();
      await page.getByRole('status').filter({ hasText: 'Ready when you are' }).waitFor();
    }
    expect((await height()) - before).toBeLessThan(50);
  });

  test.each([1440, 768, 390, 320])('show every column of the list at %d pixels', async (width) => {
    const { id } = await service.ending((await service.charge()).id);
    const page = await open('/operations', width, 844);
    const row = page.getByRole('row').filter({ hasText: id });
    await row.waitFor();
    for (const cell of [row.getByRole('rowheader'), ...(await row.getByRole('cell').all())]) {
      const { x, width: wide, height: tall } = (await cell.boundingBox())!;
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + wide).toBeLessThanOrEqual(width);
      expect(tall).toBeGreaterThan(10);
    }
    expect(await row.getByRole('cell').count()).toBe(3);
    expect(await fits(page)).toBe(true);
  });

  test('show a status as a badge of one line', async () => {
    const { id } = await service.ending((await service.charge()).id);
    const page = await open(`/operations/${id}`, 1440, 900);
    const badge = page.getByRole('status').getByText('Success');
    expect((await badge.boundingBox())!.height).toBeLessThan(32);
  });
});

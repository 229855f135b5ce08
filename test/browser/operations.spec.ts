import { gzipSync } from 'node:zlib';
import { seriousFindings, TestBrowser } from '../support/browser.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { eventually, Service } from '../support/service.js';
import { type DataFolder, dataFolder, ServiceProcess } from '../support/service-process.js';

describe('the operations page in a browser', () => {
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start(), TestBrowser.launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });
  let expected: RegExp | undefined;
  afterEach(async () => {
    const complaints = browser.complaints.filter((complaint) => !expected?.test(complaint));
    expected = undefined;
    await browser.closePages();
    expect(complaints).toEqual([]);
  });

  const open = (path = '/operations', options?: Parameters<TestBrowser['open']>[1]) =>
    browser.open(service.url + path, options);

  test('lists new operations live, each with its status', async () => {
    const page = await open();
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    const [{ body: long }, { body: short }] = await Promise.all([
      service.start('demo.countdown', { seconds: 60 }),
      service.start('demo.countdown', { seconds: 1 }),
    ]);
    const row = (id: string) => page.getByRole('row').filter({ hasText: id });
    await row(long.id).getByRole('progressbar').waitFor();
    await row(long.id).getByText('In progress').waitFor();
    await service.request('POST', `/api/operations/${long.id}/cancel`);
    await row(long.id).getByText('Canceled').waitFor();
    await row(short.id).getByText('Success').waitFor();
    expect(await page.getByRole('progressbar').count()).toBe(0);
  });

  test('filters by status and kind, and finds by id', async () => {
    const paid = await service.ending((await service.charge()).id);
    const declined = await service.ending((await service.charge('pm_card_visa_chargeDeclined')).id);
    const page = await open();
    const row = (id: string) => page.getByRole('row').filter({ hasText: id });
    await Promise.all([row(paid.id).waitFor(), row(declined.id).waitFor()]);

    await page.getByLabel('Status').selectOption('failed');
    await row(paid.id).waitFor({ state: 'detached' });
    await row(declined.id).waitFor();
    await page.getByLabel('Kind').selectOption('demo.countdown');
    await row(declined.id).waitFor({ state: 'detached' });

    await page.getByLabel('Find by id').fill('A-1001');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('Expected the id of an operation').waitFor();
    await page.getByLabel('Find by id').fill(paid.id);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'payment.charge' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/operations/${paid.id}`);
  });

  test('offers every kind that the service knows, including internal ones', async () => {
    const { body } = await service.get<{ items: { name: string }[] }>('/api/kinds');
    const kinds = body.items.map(({ name }) => name);
    expect(kinds).toEqual(expect.arrayContaining(['payment.charge', 'payment.reversal', 'demo.countdown']));
    const page = await open();
    const options = page.getByLabel('Kind').getByRole('option');
    await options.filter({ hasText: 'payment.reversal' }).waitFor({ state: 'attached' });
    expect(await options.allTextContents()).toEqual(['All', ...kinds]);
  });

  test('shows the service’s version, even of an event after the ending', async () => {
    const { id } = await service.charge('pm_sandbox_canceled_yet_charged');
    await eventually(
      async () => (await service.get<{ status: string }>(`/api/operations/${id}`)).body.status === 'requires_action',
    );
    await service.request('POST', `/api/operations/${id}/cancel`);
    await service.ending(id);
    const page = await open(`/operations/${id}`);
    await page.getByText('A late answer was recorded').waitFor();
    const version = page.getByRole('term').filter({ hasText: 'Version' }).locator('xpath=following-sibling::dd');
    await eventually(async () => {
      const { body } = await service.get<{ version: number }>(`/api/operations/${id}`);
      return (await version.textContent()) === String(body.version);
    });
  });

  test('shows an operation with its input, attempts, history and the provider’s answer', async () => {
    const { id } = await service.ending((await service.charge('pm_sandbox_unavailable_twice')).id);
    const page = await open(`/operations/${id}`);
    await page.getByText('Ended well').waitFor();
    expect(await page.getByText('Could not reach the provider; tries again').count()).toBe(2);
    await page.getByRole('region', { name: 'Input' }).getByText('pm_sandbox_unavailable_twice').waitFor();
    await page.getByRole('region', { name: 'Result' }).getByText(/sb_/).waitFor();
    const fact = async (name: string) =>
      page.getByRole('term').filter({ hasText: name }).locator('xpath=following-sibling::dd').textContent();
    expect([await fact('Attempts'), await fact('Waits for')]).toEqual(['3', 'nothing']);
  });

  test('starts a countdown, shows its progress, and cancels it', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Start a countdown' }).click();
    await page.getByRole('progressbar').waitFor();
    await page
      .getByText(/\d+ s left/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByRole('status').filter({ hasText: 'Canceled' }).waitFor();
  });

  test('says that there is no such operation', async () => {
    // Chromium's message if the page had to ask by HTTP because its socket was not open yet.
    expected = /404 \(Not Found\)/;
    const page = await open('/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70');
    await page.getByText('There is no such operation.').waitFor();
  });

  test.each(['light', 'dark'] as const)('is accessible: axe finds nothing serious, %s', async (colorScheme) => {
    const { id } = await service.ending((await service.charge()).id);
    for (const [path, width] of [
      ['/operations', 1440],
      ['/operations', 390],
      [`/operations/${id}`, 390],
    ] as const) {
      const page = await open(path, { colorScheme, viewport: { width, height: 900 } });
      await page.getByText('Success').first().waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
  });

  test('loads less than 120 KB before it can be used', async () => {
    const page = await open('/');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('Ended well').waitFor();
    const files = await page.evaluate<string[]>(
      `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/assets/'))`,
    );
    const sizes = await Promise.all(
      files.map(async (file) => gzipSync(Buffer.from(await (await fetch(file)).arrayBuffer())).length),
    );
    expect(files.length).toBeGreaterThan(2);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(120_000);
  });
});

describe('a page whose service is killed and started again in the middle', () => {
  let data: DataFolder;
  let browser: TestBrowser;
  beforeAll(async () => {
    [data, browser] = await Promise.all([dataFolder('outcome-browser-'), TestBrowser.launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await data.remove();
  });

  test('shows that it is checking, and in the end that it was paid', async () => {
    let service = ServiceProcess.spawn({ DATA_DIR: data.path });
    const network = await FaultyNetwork.before(await service.ready());
    const page = await browser.open(network.url);
    await page.getByRole('radio', { name: 'Slow bank' }).check();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('A worker took it up').waitFor();
    await service.kill('SIGKILL');
    service = ServiceProcess.spawn({ DATA_DIR: data.path });
    network.leadTo(await service.ready());
    await page.getByRole('status').filter({ hasText: 'Paid. Thank you' }).waitFor();
    await network.close();
    await service.kill('SIGTERM');
  });
});

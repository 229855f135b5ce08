import type { Page } from 'playwright-core';
import { seriousFindings, TestBrowser } from '../support/browser.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { Service } from '../support/service.js';

const PAID = /Paid\. Thank you/;
const ASKED = /Your bank wants you to approve/;

describe('the checkout in a browser', () => {
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    [service, browser] = await Promise.all([
      // A charge that is canceled between its attempts must not run out of them before.
      Service.start({ SANDBOX_LATENCY_MS: '300', LOOK_UP_BASE_MS: '1000', RETRY_BASE_MS: '60000' }),
      TestBrowser.launch(),
    ]);
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

  const open = (options?: Parameters<TestBrowser['open']>[1]) => browser.open(service.url, options);
  const choose = (page: Page, method: string) =>
    page.getByRole('radio', { name: method, exact: false }).first().check();
  const payButton = (page: Page) => page.getByRole('button', { name: /^(Pay |Paying|Paid)/ });
  const pay = (page: Page) => payButton(page).click();
  const says = (page: Page, words: RegExp) => page.getByRole('status').filter({ hasText: words }).waitFor();
  /** Notes what the panel of the payment shows from now on, also for a moment that nobody sees on a slow machine. */
  async function noted(page: Page): Promise<() => Promise<{ words: string; isCancelable: boolean }[]>> {
    await page.evaluate(`
      globalThis.noted = [];
      new MutationObserver(() => {
        const { textContent: words } = document.querySelector('.outcome');
        noted.push({ words, isCancelable: words.includes('Cancel it') });
      }).observe(document.body, { childList: true, characterData: true, subtree: true });`);
    return () => page.evaluate('noted');
  }
  const orderOf = async (page: Page) =>
    /Order (\S+)/.exec((await page.getByText(/^Order A-/).textContent()) ?? '')?.[1] ?? '';

  /** The operations of an order, and how often it was charged. */
  async function started(order: string) {
    const { rows } = await service.database.client.query<{ id: string; status: string }>(
      `SELECT id, status FROM operation WHERE input->>'orderId' = $1 ORDER BY id`,
      [order],
    );
    const charges: number[] = [];
    for (const { id } of rows) charges.push(await service.charges(id));
    return { statuses: rows.map(({ status }) => status), charges: charges.reduce((sum, charged) => sum + charged, 0) };
  }

  /** Pays with a charge that stays open until the test approves it at the bank. */
  async function payAndBeAsked(page: Page) {
    await choose(page, 'Visa, 3-D Secure');
    await pay(page);
    await says(page, ASKED);
    const {
      rows: [asked],
    } = await service.database.client.query<{ id: string; url: string }>(
      `SELECT id, next_action->>'url' AS url FROM operation WHERE input->>'orderId' = $1`,
      [await orderOf(page)],
    );
    return async () => {
      await fetch(`${asked!.url}/approve`, { method: 'POST', redirect: 'manual' });
      await service.ending(asked!.id);
    };
  }

  test('is paid once, and says so', async () => {
    const page = await open();
    const shown = await noted(page);
    await pay(page);
    await says(page, PAID);
    expect(await shown()).toContainEqual({
      words: expect.stringContaining('Payment in progress'),
      isCancelable: true,
    });
    expect(await payButton(page).isDisabled()).toBe(true);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['success'], charges: 1 });
    await page.getByText('Ended well').waitFor();
  });

  test('is paid once by a double click', async () => {
    const page = await open();
    await payButton(page).dblclick({ delay: 10 });
    await says(page, PAID);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['success'], charges: 1 });
  });

  test('shows why it is declined, and offers another method', async () => {
    const page = await open();
    await choose(page, 'Visa, empty');
    await pay(page);
    await says(page, /Not paid.*not enough funds.*Nothing was charged/);
    await choose(page, 'Visa is paid');
    await pay(page);
    await says(page, PAID);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['failed', 'success'], charges: 1 });
  });

  test('still shows why it was declined after a reload, until that is dismissed', async () => {
    const page = await open();
    await choose(page, 'Visa, empty');
    await pay(page);
    await says(page, /Not paid.*not enough funds/);
    await page.reload();
    await says(page, /Not paid.*not enough funds/);
    expect(await payButton(page).isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await says(page, /Ready when you are/);
    await page.reload();
    await page.getByText(/^Order A-/).waitFor();
    await says(page, /Ready when you are/);
  });

  test('shows that money taken after a cancel is given back', async () => {
    const page = await open();
    await choose(page, 'Stubborn bank');
    await pay(page);
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await says(page, /given back in full/);
    expect(await page.getByText('Nothing was charged.').count()).toBe(0);
  });

  test('shows that the outcome is unknown, and then the outcome', async () => {
    const page = await open();
    await choose(page, 'Lost answer, paid');
    const shown = await noted(page);
    await pay(page);
    await says(page, PAID);
    const unknown = (await shown()).filter(({ words }) => /Checking with the bank.*no need to try again/.test(words));
    expect(new Set(unknown.map(({ isCancelable }) => isCancelable))).toEqual(new Set([false]));
    expect(await started(await orderOf(page))).toEqual({ statuses: ['success'], charges: 1 });
  });

  test('is canceled if nothing was charged yet', async () => {
    const page = await open();
    await choose(page, 'Unreachable bank');
    await pay(page);
    await page.getByText('Could not reach the provider; tries again').first().waitFor();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await says(page, /Canceled.*Nothing was charged/);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['canceled'], charges: 0 });
  });

  test('sends the customer to their bank, and is paid once after their approval and return', async () => {
    const page = await open();
    await choose(page, 'Visa, 3-D Secure');
    await pay(page);
    await says(page, ASKED);
    const order = await orderOf(page);
    expect(await started(order)).toEqual({ statuses: ['requires_action'], charges: 0 });
    await page.getByRole('link', { name: 'Continue to your bank' }).click();
    await page.getByRole('heading', { name: 'Approve this payment?' }).waitFor();
    await page.getByText('€53.30').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.waitForURL(`${service.url}/`);
    await says(page, PAID);
    expect(await started(order)).toEqual({ statuses: ['success'], charges: 1 });
    await page.goBack();
    await page.getByText('You have approved this payment.').waitFor();
  });

  test('takes no money if the customer refuses at their bank', async () => {
    const page = await open();
    await choose(page, 'Visa, 3-D Secure');
    await pay(page);
    await page.getByRole('link', { name: 'Continue to your bank' }).click();
    await page.getByRole('button', { name: 'Refuse' }).click();
    await says(page, /Not paid.*You did not approve it.*Nothing was charged/);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['failed'], charges: 0 });
  });

  test('lets the customer confirm within the page', async () => {
    const page = await open();
    await choose(page, 'Card, in-page check');
    await pay(page);
    await page.getByRole('button', { name: 'Approve' }).click();
    await says(page, PAID);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['success'], charges: 1 });
  });

  test('is canceled while the bank asks, at the bank too', async () => {
    const page = await open();
    await choose(page, 'Visa, 3-D Secure');
    await pay(page);
    await page.getByRole('link', { name: 'Continue to your bank' }).waitFor();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await says(page, /Canceled.*Nothing was charged/);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['canceled'], charges: 0 });
  });

  test('continues after a reload in the middle', async () => {
    const page = await open();
    const approve = await payAndBeAsked(page);
    await page.reload();
    await says(page, ASKED);
    await approve();
    await says(page, PAID);
    await page.reload();
    await says(page, PAID);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['success'], charges: 1 });

    await page.getByRole('button', { name: 'New order' }).click();
    await says(page, /Ready when you are/);
    expect(await payButton(page).isEnabled()).toBe(true);
  });

  test('continues after the network was lost', async () => {
    expected = /ERR_INTERNET_DISCONNECTED|WebSocket connection/;
    const page = await open();
    const approve = await payAndBeAsked(page);
    await page.context().setOffline(true);
    await approve();
    expect(await page.getByText(PAID).count()).toBe(0);
    await page.context().setOffline(false);
    await says(page, PAID);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['success'], charges: 1 });
  });

  test('starts while the network is cut by the page’s own switch, and is sent once when it is back', async () => {
    const page = await open();
    const network = page.getByRole('switch', { name: 'Network of this page' });
    await network.uncheck({ force: true });
    await pay(page);
    await says(page, /Sending your payment/);
    await network.check({ force: true });
    await says(page, PAID);
    expect(await started(await orderOf(page))).toEqual({ statuses: ['success'], charges: 1 });
  });

  test('continues after the page was frozen and every connection died silently', async () => {
    const network = await FaultyNetwork.before(service.url);
    const page = await browser.open(network.url);
    const approve = await payAndBeAsked(page);
    network.silence();
    await approve();
    expect(await page.getByText(PAID).count()).toBe(0);
    // Chromium's event for a page that resumes; without a window it freezes none.
    await page.evaluate(`document.dispatchEvent(new Event('resume'))`);
    await says(page, PAID);
    await network.close();
  });

  test('is one payment in two tabs', async () => {
    const page = await open();
    const other = await browser.open(service.url, { in: page.context() });
    await choose(page, 'Lost answer, paid');
    await choose(other, 'Lost answer, paid');
    await Promise.all([pay(page), pay(other)]);
    await Promise.all([says(page, PAID), says(other, PAID)]);
    const { statuses, charges } = await started(await orderOf(page));
    expect([statuses, charges]).toEqual([['success'], 1]);
  });

  test('shows the delay and the requests of each transport', async () => {
    const page = await open();
    await pay(page);
    await says(page, PAID);
    const plot = page.getByRole('table');
    for (const way of ['Push', 'Long poll', 'Every 5 s']) {
      const row = plot.getByRole('row').filter({ hasText: way });
      await row.getByText(/\d(ms|s)$/).waitFor();
      expect(Number((await row.getByRole('cell').first().textContent()) ?? '')).toBeGreaterThan(0);
    }
    await page.getByText('POST /api/operations', { exact: true }).click();
    // What is started is in the token alone.
    await page.getByText('authorization: Bearer …', { exact: true }).waitFor();
    await page.getByText('POST /api/start-tokens', { exact: true }).click();
    await page.getByText(/"kind": "payment.charge",\s+"input": \{\s+"amount": 5330/).waitFor();
    await page.getByText('acknowledged').first().waitFor();
  });

  test('offers every method that the sandbox knows', async () => {
    const page = await open();
    const offered = await page
      .getByRole('radio')
      .evaluateAll((radios) => radios.map((radio) => (radio as unknown as { value: string }).value));
    const { body } = await service.get<{
      paths: Record<string, { post: { requestBody: { content: Record<string, { examples: object }> } } }>;
    }>('/docs-json');
    const examples = Object.values(
      body.paths['/api/operations']!.post.requestBody.content['application/json']!.examples,
    ) as {
      value: { input: { paymentMethod?: string } };
    }[];
    expect(offered.sort()).toEqual(
      [...new Set(examples.flatMap(({ value }) => value.input.paymentMethod ?? []))].sort(),
    );
  });

  test('can be paid by keyboard alone', async () => {
    const page = await open();
    await page.getByRole('radio').first().focus();
    for (const _ of ['to 3-D Secure', 'to the declined one']) await page.keyboard.press('ArrowDown');
    expect(await page.getByRole('radio').nth(2).isChecked()).toBe(true);
    await page.keyboard.press('Enter');
    await says(page, /Not paid/);
  });

  test.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 390],
    ['dark', 390],
  ] as const)(
    'is accessible: axe finds nothing serious, %s at %d pixels, and nothing is wider than the page',
    async (colorScheme, width) => {
      const page = await open({ colorScheme, viewport: { width, height: 900 } });
      expect(await seriousFindings(page)).toEqual([]);
      await choose(page, 'Visa, empty');
      await pay(page);
      await says(page, /Not paid/);
      await page.getByText('Ended badly').waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    },
  );

  test('does not jump while its status changes', async () => {
    const page = await open({ viewport: { width: 1440, height: 1000 } });
    await choose(page, 'Lost answer, paid');
    await page.evaluate(
      'globalThis.shifts = 0; new PerformanceObserver((list) => { for (const { value, sources } of ' +
        `list.getEntries()) if (sources.some(({ node }) => !node?.parentElement?.closest('.messages'))) shifts ` +
        `+= value; }).observe({ type: 'layout-shift' });`,
    );
    await pay(page);
    await says(page, PAID);
    // A page whose layout shift is below 0.1 counts as good (web.dev/articles/cls); ours is held to a tenth of it.
    expect(await page.evaluate('shifts')).toBeLessThan(0.01);
  });
});

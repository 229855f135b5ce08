import { succeeded } from '../../src/operations/kinds/outcome.js';
import { TestBrowser } from '../support/browser.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { Gate } from '../support/gate.js';
import { Service } from '../support/service.js';
import { teach } from '../support/work.js';

/** Chromium's messages for a page whose cookies are blocked, and for a refused WebSocket. */
const NO_COOKIES =
  `for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw ` +
  `new DOMException("Failed to read the '" + name + "' property from 'Window': Access is denied for this ` +
  `document.", 'SecurityError'); } });`;
const NO_LOCKS =
  `navigator.locks.request = () => Promise.reject(new DOMException('Access to the Locks API is denied in this ` +
  `context.', 'SecurityError'));`;
const TURNED_AWAY = /WebSocket connection/;

describe('a browser that blocks', () => {
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start({ SANDBOX_LATENCY_MS: '100' }), TestBrowser.launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });
  afterEach(async () => {
    const complaints = browser.complaints.filter((complaint) => !TURNED_AWAY.test(complaint));
    await browser.closePages();
    expect(complaints).toEqual([]);
  });

  const openWith = async (script: string) => {
    const blank = await browser.open('about:blank');
    await blank.context().addInitScript(script);
    return browser.open(service.url, { in: blank.context() });
  };

  test.each([
    ['cookies', NO_COOKIES],
    ['cookies and locks', NO_COOKIES + NO_LOCKS],
  ])('%s can pay and shows the ending', async (_, script) => {
    const page = await openWith(script);
    const order = await page.getByText(/^Order A-/).textContent();
    await page.getByLabel('Theme').selectOption('Dark');
    await page.getByRole('button', { name: /^Pay / }).click();
    await page.getByRole('status').filter({ hasText: 'Paid. Thank you' }).waitFor();
    expect(await page.getByText(/^Order A-/).textContent()).toBe(order);
    await page.getByRole('button', { name: 'New order' }).click();
    await page.getByRole('status').filter({ hasText: 'Ready when you are' }).waitFor();
  });

  test.each([
    ['', '', 'test.open'],
    [' and locks', NO_LOCKS, 'test.unlocked'],
  ])(
    'WebSockets%s starts a payment while other tabs follow as many operations as they like',
    async (_, script, kind) => {
      const network = await FaultyNetwork.before(service.url);
      network.blocked = { sockets: 'refused' };
      const gate = new Gate();
      teach(service, kind, {
        execute: async ({ progress }) => {
          await progress({ percent: 50, message: null });
          await gate.pass();
          return succeeded({});
        },
      });
      const ids = await Promise.all(Array.from({ length: 4 }, async () => (await service.start(kind, {})).body.id));
      const blank = await browser.open('about:blank');
      const profile = blank.context();
      await profile.addInitScript(script);
      // Three tabs with three watches each, and one more tab.
      const tabs = [
        await browser.open(`${network.url}/operations`, { in: profile }),
        await browser.open(`${network.url}/operations`, { in: profile }),
      ];
      for (const tab of tabs)
        for (const id of ids) await tab.getByRole('row').filter({ hasText: id }).getByRole('progressbar').waitFor();
      const shop = await browser.open(network.url, { in: profile });
      // Without a free connection, it would wait for the end of what the others follow.
      await shop.getByRole('button', { name: /^Pay / }).click();
      await shop.getByRole('status').filter({ hasText: 'Paid. Thank you' }).waitFor();
      expect(network.mostStreams).toBeLessThanOrEqual(script ? 0 : 3);
      gate.open();
      await network.close();
    },
  );
});

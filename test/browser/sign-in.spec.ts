import type { Page } from 'playwright-core';
import { ApiKeys } from '../../src/access/keys/api-keys.js';
import { ONLY_TENANT } from '../../src/access/caller.js';
import { ALL_SCOPES, type GrantedScope, isScopeForKeys } from '../../src/access/scopes.js';
import { createKey, type TestKey } from '../support/api-keys.js';
import { seriousFindings, TestBrowser } from '../support/browser.js';
import { accept } from '../support/credentials.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { eventually, Service } from '../support/service.js';

/** Chromium's messages for what the service refuses, and for a WebSocket that is. */
const REFUSED = /status of (401|403|429)|WebSocket connection/;
const EVERY = ALL_SCOPES.filter(isScopeForKeys);

describe('the page of a service whose access is closed', () => {
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start({ AUTH_MODE: 'keys' }), TestBrowser.launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });
  let expected = REFUSED;
  afterEach(async () => {
    const complaints = browser.complaints.filter((complaint) => !expected.test(complaint));
    expected = REFUSED;
    await browser.closePages();
    expect(complaints).toEqual([]);
  });

  const open = (path = '/operations', options?: Parameters<TestBrowser['open']>[1]) =>
    browser.open(service.url + path, options);
  const field = (page: Page) => page.getByLabel('API key');
  const alert = (page: Page, words: string | RegExp) => page.getByRole('alert').filter({ hasText: words }).waitFor();
  async function signIn(page: Page, key: string) {
    await field(page).fill(key);
    await page.keyboard.press('Enter');
    await field(page).waitFor({ state: 'detached' });
  }
  async function signedIn(scopes: readonly GrantedScope[], path?: string): Promise<{ page: Page; key: TestKey }> {
    const [page, key] = await Promise.all([open(path), createKey(service, scopes)]);
    await signIn(page, key.key);
    return { page, key };
  }
  const revoke = ({ record }: TestKey) =>
    service.outcome.app.get(ApiKeys, { strict: false }).revoke(record.id, { name: 'a test' });
  /** How often the plot of what each transport knows changes within a second. */
  const redraws = (page: Page) =>
    page.evaluate<number>(`new Promise((resolve) => {
      let changes = 0;
      const everything = { subtree: true, attributes: true, childList: true, characterData: true };
      new MutationObserver((records) => (changes += records.length)).observe(
        document.querySelector('.knowledge'), everything);
      setTimeout(() => resolve(changes), 1000);
    })`);
  const links = (page: Page) => page.getByRole('navigation').getByRole('link').allTextContents();

  test.each(['light', 'dark'] as const)('asks who it is, and for nothing else before, %s', async (colorScheme) => {
    for (const width of [1440, 390, 320]) {
      const page = await browser.open('about:blank', { colorScheme, viewport: { width, height: 844 } });
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await page.goto(service.url);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(asked.filter((path) => !path.startsWith('/assets/'))).toEqual(['/', '/api/caller']);
      expect(await field(page).evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true);
      expect(await links(page)).toEqual(['API']);
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
  });

  test('tells a wrong key, and lets in with a right one, by keyboard, until a reload', async () => {
    const page = await open();
    const { key } = await createKey(service, EVERY);
    await field(page).waitFor();
    await page.keyboard.type('zwölf');
    await page.keyboard.press('Enter');
    await alert(page, 'neither a key nor a token');
    await field(page).fill(key.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x')));
    await page.keyboard.press('Enter');
    await alert(page, 'This is not valid here');
    expect(await field(page).evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true);
    expect(await field(page).getAttribute('aria-invalid')).toBe('true');
    expect(await seriousFindings(page)).toEqual([]);

    await signIn(page, ` ${key}\n`);
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    await page.getByText(/^key [0-9a-z]{12}$/).waitFor();
    expect(await links(page)).toEqual(['Checkout', 'Operations', 'Webhooks', 'API']);
    expect(
      await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
    ).not.toContain(key.split('_')[3]);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('offers what a password manager expects', async () => {
    const page = await open();
    expect(await field(page).getAttribute('type')).toBe('password');
    expect(await field(page).getAttribute('autocomplete')).toBe('current-password');
    expect(await page.locator('form input[autocomplete=username]').inputValue()).toBe(new URL(service.url).host);
    await field(page).fill('oc_test_visible');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await field(page).getAttribute('type')).toBe('text');
    expect(await field(page).inputValue()).toBe('oc_test_visible');
  });

  test('lets out who signs out, and shows nothing of theirs', async () => {
    const { page } = await signedIn(EVERY, '/webhooks');
    await page.getByLabel('Send events to').fill('https://shop.example/');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByLabel('Send events to').count()).toBe(0);
    await signIn(page, (await createKey(service, EVERY)).key);
    expect(await page.getByLabel('Send events to').inputValue()).toBe('');
  });

  test('goes on where it was after a revocation, with all that was typed', async () => {
    const { page, key } = await signedIn(EVERY, '/webhooks');
    await page.getByText('No endpoint yet.').waitFor();
    await page.getByLabel('Send events to').fill('https://shop.example/half-ty');
    await revoke(key);
    await alert(page, 'may have been revoked');
    expect(await page.getByLabel('Send events to').isVisible()).toBe(false);
    expect(await page.getByText(/^key /).count()).toBe(0);
    await signIn(page, (await createKey(service, EVERY)).key);
    const typed = page.getByLabel('Send events to');
    expect(await typed.inputValue()).toBe('https://shop.example/half-ty');
    await eventually(() => typed.evaluate((input) => input === input.ownerDocument.activeElement));
    await page.keyboard.type('ped');
    expect(await page.getByLabel('Send events to').inputValue()).toBe('https://shop.example/half-typed');
  });

  test('learns of a revocation while it only listens, and listens again', async () => {
    const { headers } = await createKey(service, EVERY);
    const { body } = await service.start('demo.countdown', { seconds: 60 }, { headers });
    const { page, key } = await signedIn(EVERY, `/operations/${body.id}`);
    await page.getByRole('progressbar').waitFor();
    await revoke(key);
    await alert(page, 'may have been revoked');
    await signIn(page, (await createKey(service, EVERY)).key);
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByRole('status').filter({ hasText: 'Canceled' }).waitFor();
  });

  test('says that a key has ended', async () => {
    const page = await open();
    const { key, record } = await createKey(service, EVERY);
    await signIn(page, key);
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    await service.outcome.app.get(ApiKeys, { strict: false }).roll(record.id, 1, { name: 'a test' });
    await alert(page, 'Your credentials have ended');
    await field(page).fill(key);
    await page.keyboard.press('Enter');
    await alert(page, 'was valid, and has ended');
  });

  test('forgets what one tenant typed when another signs in', async () => {
    const { page, key } = await signedIn(EVERY, '/webhooks');
    await page.getByLabel('Send events to').fill('https://shop.example/');
    await revoke(key);
    await alert(page, 'may have been revoked');
    const tenant = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
    accept(service, 'credential-of-another', { tenant });
    await signIn(page, 'credential-of-another');
    expect(await page.getByLabel('Send events to').inputValue()).toBe('');
  });

  test('shows a reader no more than lists and operations', async () => {
    const { headers } = await createKey(service, EVERY);
    const { body } = await service.start('demo.countdown', { seconds: 60 }, { headers });
    const { page } = await signedIn(['operations:read'], '/');
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    expect(await links(page)).toEqual(['Operations', 'API']);
    const row = page.getByRole('row').filter({ hasText: body.id });
    await row.getByRole('progressbar').waitFor();
    expect(await page.getByRole('button', { name: 'Start a countdown' }).count()).toBe(0);
    await row.getByRole('link').click();
    await page.getByRole('status').filter({ hasText: 'In progress' }).waitFor();
    await page.getByText('Accepted and stored').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel it' }).count()).toBe(0);
    expect(await page.getByRole('region', { name: 'Input' }).count()).toBe(0);
    expect(await page.getByRole('term').filter({ hasText: 'Attempts' }).count()).toBe(0);
    expect(await page.getByText('Not allowed').count()).toBe(0);
    await service.request('POST', `/api/operations/${body.id}/cancel`, { headers });
  });

  test('shows who reads webhooks no button that changes them, and what a page needs', async () => {
    const { headers } = await createKey(service, EVERY);
    await service.post('/api/webhook-endpoints', { url: 'https://shop.example/read-only' }, headers);
    await service.start('demo.countdown', { seconds: 1 }, { headers });
    const { page } = await signedIn(['webhooks:read'], '/operations');
    await page.getByText('It needs the scope operations:read.').waitFor();
    await page.getByRole('link', { name: 'Webhooks' }).click();
    expect(await page.getByRole('button', { name: 'Create endpoint' }).count()).toBe(0);
    await page.getByRole('link', { name: 'https://shop.example/read-only' }).click();
    await page.getByRole('heading', { name: 'https://shop.example/read-only' }).waitFor();
    await page.getByRole('heading', { name: 'operation.started' }).waitFor();
    expect(await page.getByRole('button', { name: /Send|Disable|Replace|Delete/ }).count()).toBe(0);
  });

  test.each([
    ['a socket', {}],
    ['server-sent events', { sockets: 'refused' }],
    ['polling', { sockets: 'refused', streams: 'refused' }],
  ] as const)('follows live by %s with the credentials', async (_, blocked) => {
    const network = await FaultyNetwork.before(service.url);
    network.blocked = blocked;
    const { key, headers } = await createKey(service, EVERY);
    const { body } = await service.start('demo.countdown', { seconds: 2 }, { headers });
    const page = await browser.open(`${network.url}/operations/${body.id}`);
    await signIn(page, key);
    await page.getByRole('status').filter({ hasText: 'Success' }).waitFor();
    await page.getByRole('region', { name: 'Input' }).getByText('"seconds": 2').waitFor();
    expect(network.requests.filter(({ path }) => path.includes('oc_test_'))).toEqual([]);
    await network.close();
  });

  test('pays, and sees how, with the credentials', async () => {
    const { page } = await signedIn(EVERY, '/');
    await page.getByRole('button', { name: /^Pay / }).click();
    await page.getByRole('status').filter({ hasText: 'Paid. Thank you' }).waitFor();
    await page.getByText('Ended well').waitFor();
    await page.getByText('202 /api/operations').click();
    expect(await page.getByText(/eyJ/).count()).toBe(0);
  });

  test('lets a customer pay who has nothing but the tokens of their payment, over a reload', async () => {
    const { page } = await signedIn(['operations:start:payment.charge'], '/');
    const sent: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (/api.operations.[0-9a-f]/.test(request.url())) sent.push(request.headers().authorization);
    });
    expect(await links(page)).toEqual(['Checkout', 'API']);
    await page.getByRole('radio', { name: 'Visa, 3-D Secure' }).check();
    await page.getByRole('button', { name: /^Pay / }).click();
    await page.getByRole('link', { name: 'Continue to your bank' }).waitFor();
    await page.getByText('The customer must act').waitFor();
    await page.reload();
    await signIn(page, (await createKey(service, ['operations:start:payment.charge'])).key);
    await page.getByRole('link', { name: 'Continue to your bank' }).waitFor();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByRole('status').filter({ hasText: 'Canceled' }).waitFor();
    expect(await page.getByText('Not allowed').count()).toBe(0);
    await eventually(async () => (await redraws(page)) === 0);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter((header) => !header?.startsWith('Bearer eyJ'))).toEqual([]);
  });

  test('tells what the service refuses in the meantime, until the next page', async () => {
    const scopes = new Set<GrantedScope>(ALL_SCOPES);
    accept(service, 'credential-that-shrinks', { tenant: ONLY_TENANT, scopes });
    const page = await open();
    await signIn(page, 'credential-that-shrinks');
    await page.getByRole('button', { name: 'Start a countdown' }).waitFor();
    scopes.delete('operations:start');
    await page.getByRole('button', { name: 'Start a countdown' }).click();
    const told = page.getByRole('status').filter({ hasText: 'Not allowed. Expected credentials with the scope' });
    await told.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await told.waitFor({ state: 'detached' });
  });

  test('says that it asks too often, and goes on', async () => {
    const limited = await Service.start({ AUTH_MODE: 'keys', LIMIT_READS: '1' });
    try {
      const page = await browser.open(`${limited.url}/operations`);
      await field(page).fill((await createKey(limited, EVERY)).key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page
        .getByRole('status')
        .filter({ hasText: /Too many requests. Possible again in \d+/ })
        .waitFor();
      await eventually(async () => (await page.getByText('Too many requests').count()) === 0);
      expect(await page.getByText('No connection to the service').count()).toBe(0);
      await page.close();
    } finally {
      await limited.stop();
    }
  });

  test('says that it finds no service, and asks again', async () => {
    expected = /ERR_FAILED/;
    const blank = await browser.open('about:blank');
    let isAway = true;
    await blank.context().route('**/api/caller', (route) => (isAway ? route.abort() : route.continue()));
    const page = await browser.open(service.url, { in: blank.context() });
    await page.getByRole('status').filter({ hasText: 'Trying again' }).waitFor();
    isAway = false;
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

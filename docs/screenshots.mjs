// Takes the pictures in this folder: npm run screenshots. Needs a Chromium, as the browser tests do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@outcome/client';
import { chromium } from 'playwright-core';
import { findBrowser } from '../test/support/find-browser.js';

const WIDE = { width: 1320, height: 900 };
const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

const executablePath = findBrowser();
if (!executablePath) throw new Error('Expected a Chromium, found none: install one, or name it in CHROMIUM_PATH.');

const dataDir = await mkdtemp(join(tmpdir(), 'outcome-screenshots-'));
// Run by root, PostgreSQL is another user, who must be able to enter.
await chmod(dataDir, 0o711);
const service = spawn(process.execPath, ['dist/src/main.js'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: { ...process.env, PORT: '0', HOST: '127.0.0.1', DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(service, 'close');
const url = await new Promise((resolve, reject) => {
  service.stdout.on('data', (chunk) => {
    const [, found] = /Page {2}(http:\S+)\//.exec(String(chunk)) ?? [];
    if (found) resolve(found);
  });
  ended.then(([code]) => reject(new Error(`The service has ended with ${code}.`)));
});
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

/** @param {string} name @param {string} path @param {{ colorScheme?: 'light' | 'dark', viewport?: typeof WIDE }} look @param {(page: import('playwright-core').Page) => Promise<unknown>} act */
async function take(name, path, { colorScheme = 'light', viewport = WIDE }, act) {
  const page = await browser.newPage({ colorScheme, viewport, locale: 'en-US', timezoneId: 'UTC' });
  await page.goto(url + path);
  await act(page);
  await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, import.meta.url)), fullPage: name.startsWith('checkout') });
  await page.close();
}

try {
  const client = createClient({ url });
  const methods = [
    'pm_card_visa',
    'pm_card_visa',
    'pm_card_visa_chargeDeclined',
    'pm_card_visa',
    'pm_sandbox_charged_answer_lost',
    'pm_card_visa',
  ];
  for (const [index, paymentMethod] of methods.entries()) {
    const { id } = await client.start('payment.charge', { ...CHARGE, amount: 990 + 1234 * index, paymentMethod });
    await client.outcome(id);
  }
  await client.start('demo.countdown', { seconds: 60 });

  await take('checkout', '/', {}, async (page) => {
    await page.getByRole('radio', { name: 'Lost answer, paid' }).check();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('Paid. Thank you').waitFor();
    await page
      .getByRole('row')
      .filter({ hasText: 'Every 5 s' })
      .getByText(/\d(ms|s)$/)
      .waitFor();
  });
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await take(`operations-${colorScheme}`, '/operations', { colorScheme }, async (page) => {
      await page.getByRole('progressbar').first().waitFor();
      await page.waitForTimeout(6000);
    });
  }
  await take('swagger-ui', '/docs', {}, (page) => page.getByText('Start an operation').last().waitFor());
} finally {
  await browser.close();
  service.kill('SIGTERM');
  await ended;
  await rm(dataDir, { recursive: true, force: true });
}

// Takes the pictures in this folder: npm run screenshots. Needs a Chromium, as the browser tests do.
import { fileURLToPath } from 'node:url';
import { createClient } from '@outcome/client';
import { chromium } from 'playwright-core';
import { startService } from '../test/support/built-service.mjs';
import { findBrowser } from '../test/support/find-program.js';

const WIDE = { width: 1320, height: 900 };
const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

const executablePath = findBrowser();
if (!executablePath) throw new Error('Expected a Chromium, found none: install one, or name it in CHROMIUM_PATH.');

/** @type {(() => unknown)[]} */
const undo = [];
const { url } = await startService({ undo, env: { SANDBOX_LATENCY_MS: '150', LOG_LEVEL: 'silent' } });
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

/**
 * @param {string} name @param {string} path @param {{ colorScheme?: 'light' | 'dark', viewport?: typeof WIDE }} look
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} act
 */
async function take(name, path, { colorScheme = 'light', viewport = WIDE }, act) {
  const page = await browser.newPage({ colorScheme, viewport, locale: 'en-US', timezoneId: 'UTC' });
  await page.goto(url + path);
  await act(page);
  await page.screenshot({
    path: fileURLToPath(new URL(`${name}.png`, import.meta.url)),
    fullPage: name.startsWith('checkout'),
  });
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
  for (const step of undo.reverse()) await step();
}

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findBrowser } from './find-program.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PATIENCE_MS = 40_000;
/** What Playwright turns off, since Chromium heeds the last list alone. */
const OFF_FOR_PLAYWRIGHT = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];
/** The two pages of the address bar: for each window, they take as much of a processor as the page under test. */
const ADDRESS_BAR = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

interface Finding {
  id: string;
  impact: string | null;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** Chromium's message for a page on a slow machine whose operation ended before its socket was open. */
const LEFT_EARLY = /WebSocket is closed before the connection is established/;

/** Headless Chromium, with the console messages of its pages. */
export class TestBrowser {
  private readonly contexts: BrowserContext[] = [];
  /** The warnings, errors and uncaught exceptions of all pages. */
  readonly complaints: string[] = [];

  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<TestBrowser> {
    const executablePath = findBrowser();
    if (!executablePath) throw new Error('Expected a Chromium, found none: install one, or name it in CHROMIUM_PATH.');
    // As root, Chromium does not run inside its sandbox.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const off = `--disable-features=${[...OFF_FOR_PLAYWRIGHT, ...ADDRESS_BAR].join()}`;
    return new TestBrowser(await chromium.launch({ executablePath, args: [...args, off] }));
  }

  /** A page in a profile of its own; with `in`, another tab of that page's profile. */
  async open(
    url: string,
    { in: context, ...options }: { in?: BrowserContext } & Parameters<Browser['newContext']>[0] = {},
  ): Promise<Page> {
    const profile = context ?? (await this.browser.newContext(options));
    if (!context) this.contexts.push(profile);
    const page = await profile.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !LEFT_EARLY.test(message.text()))
        this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    await page.goto(url);
    return page;
  }

  async closePages(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
    this.complaints.length = 0;
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

/** axe's serious and critical violations in a page. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated, since the page's policy forbids script elements.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const violations = await page.evaluate<Finding[]>(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join('; ')}`,
    );
}

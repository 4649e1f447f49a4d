import axe from 'axe-core';
import {
  type Browser,
  type BrowserContextOptions,
  chromium as driver,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';
import { chromium } from '../../../tools/stack/chromium.ts';

/**
 * Debian's Chromium, without its own calls home.
 *
 * @param pinned of servers whose authority it does not know: SHA-256 of their public keys (SPKI), in base64
 */
export async function openBrowser(pinned: readonly string[] = []): Promise<Browser> {
  const executablePath = await chromium(() => undefined);
  return driver.launch({
    executablePath,
    args: [
      // Tests run as root in containers, where Chromium's own sandbox cannot start.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      ...(pinned.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${pinned.join()}`]),
    ],
  });
}

export interface Look {
  readonly width: number;
  readonly height?: number;
  readonly scheme: 'light' | 'dark';
}

/** A page of the browser, and whatever it did that it must not. */
export interface WatchedPage {
  readonly page: Page;
  /** What the policy stopped, errors of scripts, and requests to other hosts. */
  readonly faults: string[];
}

/** @param more of the context: certificates that it has */
export async function openPage(
  browser: Browser,
  origin: string,
  look: Look,
  more: Pick<BrowserContextOptions, 'clientCertificates' | 'ignoreHTTPSErrors'> = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    ...more,
    viewport: { width: look.width, height: look.height ?? 900 },
    colorScheme: look.scheme,
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Oslo',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  // Far more than any step needs: a machine that is busy with something else is no fault.
  page.setDefaultTimeout(45_000);
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(`error: ${message}`));
  page.on('console', (message) => {
    // A refused request is told to the console by the browser itself; tests make some on purpose.
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) faults.push(`request to ${request.url()}`);
  });
  // Init scripts of the driver run before any script of the page, outside of its policy.
  await page.addInitScript(`
    window.stopped = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      window.stopped.push(violatedDirective + ' ' + blockedURI));
  `);
  return { page, faults };
}

export const stoppedByPolicy = (page: Page): Promise<string[]> => page.evaluate('window.stopped');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds against WCAG 2.2 A and AA and its own best practices. */
export async function axeFindings(page: Page): Promise<string[]> {
  // The driver's own evaluate is not held by the page's policy, so axe need not be served.
  await page.evaluate(axe.source);
  const violations = await page.evaluate<readonly Violation[]>(
    'axe.run(document).then(({ violations }) => violations)',
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ failureSummary, html }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
  );
}

/** By how many pixels the page is wider than the screen. */
export const sidewaysPixels = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** That a page is whole: for readers of all kinds, for its own policy, and on its screen. */
export async function nothingWrong(
  page: Page,
  faults: readonly string[],
  where: string,
): Promise<void> {
  expect(await axeFindings(page), `axe on ${where}`).toEqual([]);
  expect(await sidewaysPixels(page), `sideways scroll on ${where}`).toBeLessThanOrEqual(0);
  expect(await stoppedByPolicy(page), `policy on ${where}`).toEqual([]);
  expect(faults, where).toEqual([]);
}

import type { Page } from 'playwright-core';
import { COOKIE, PASSWORD } from './answering-server.ts';

/** Signs in by the page's own form, as a person does. */
export async function signIn(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.shell').waitFor();
}

/** Begins on a page as somebody who signed in before. */
export async function openAt(page: Page, origin: string, at: string): Promise<void> {
  const [name = '', value = ''] = COOKIE.split('=');
  await page.context().addCookies([{ name, value, url: origin, httpOnly: true }]);
  await page.goto(`${origin}/#/${at}`);
}

/** What stands on each page once its answer is there. */
export const THERE: Readonly<Record<string, string>> = {
  flow: 'last 5 minutes',
  alerts: 'no paused partition',
  rejects: 'The producer must write one JSON object.',
  reveal: 'Tokens from the encrypted topic',
  accesses: 'support-case',
  audit: 'Complete and signed',
  coverage: '/contacts/*/email',
  keys: 'q3Vt0Kd81aZx',
  persons: 'Value of the subject field',
  approvals: 'Mei Okafor: End the key',
};

/** Pages that are a form first, and ask for nothing before it is filled in. */
export const FORMS: readonly string[] = ['reveal', 'persons'];

import type { Page } from 'playwright-core';
import { PASSWORD } from './answering-server.ts';

/** Signs in by the page's own form, as a person does. */
export async function signIn(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.shell').waitFor();
}

/** What stands on each page once its answer is there. */
export const THERE: Readonly<Record<string, string>> = {
  flow: 'last 5 minutes',
  alerts: 'no paused partition',
  rejects: 'The producer must write one JSON object.',
  reveal: 'Tokens from the encrypted topic',
  accesses: 'support-case',
  coverage: '/contacts/*/email',
  keys: 'q3Vt0Kd81aZx',
};

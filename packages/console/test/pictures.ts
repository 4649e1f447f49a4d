import type { Page } from 'playwright-core';
import { PAGES } from '../src/page/place.ts';
import { AnsweringServer } from './answering-server.ts';
import { signIn, THERE } from './signed-in.ts';
import { openBrowser, openPage } from './watched-page.ts';

/** Takes pictures of every page, with recorded answers; `keep` is given each with its name. */
export async function takePictures(keep: (name: string, png: Buffer) => void): Promise<void> {
  const server = await AnsweringServer.start();
  const browser = await openBrowser();
  const shot = async (page: Page, name: string) => {
    // The charts draw in the frame after their numbers came.
    await page.waitForTimeout(1500);
    keep(name, await page.screenshot());
  };
  try {
    const { page } = await openPage(browser, server.origin, { width: 1280, scheme: 'light' });
    await page.goto(`${server.origin}/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await shot(page, 'sign-in');
    await signIn(page, server.origin);
    for (const { id } of PAGES) {
      await page.goto(`${server.origin}/#/${id}`);
      await page
        .getByText(THERE[id] ?? '')
        .first()
        .waitFor();
      if (id === 'reveal') await askForTwo(page);
      await shot(page, id);
    }
    const look = { width: 375, height: 812, scheme: 'dark' } as const;
    const narrow = await openPage(browser, server.origin, look);
    await signIn(narrow.page, server.origin);
    await narrow.page.getByText('last 5 minutes').first().waitFor();
    await shot(narrow.page, 'flow-narrow-dark');
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** The dialog that asks for the purpose. */
async function askForTwo(page: Page): Promise<void> {
  await page.getByLabel('Tokens from').fill('ss1:q3Vt0Kd81aZx:AAAA\nss1:q3Vt0Kd81aZx:BBBB');
  await page.getByRole('button', { name: 'Reveal …' }).click();
  await page.getByRole('dialog').getByLabel('Purpose').selectOption('support-case');
}

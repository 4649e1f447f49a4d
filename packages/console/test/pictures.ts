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
    await page.getByRole('link', { name: 'Sign in with Example Staff' }).waitFor();
    await shot(page, 'sign-in');
    await signIn(page, server.origin);
    for (const { id } of PAGES) {
      await page.goto(`${server.origin}/#/${id}`);
      await page
        .getByText(THERE[id] ?? '')
        .first()
        .waitFor();
      if (id === 'reveal') await askForTwo(page);
      if (id === 'persons') await findOne(page);
      await shot(page, id);
    }
    await page.goto(`${server.origin}/#/keys`);
    await rotateOne(page);
    await shot(page, 'second-person');
    await page.goto(`${server.origin}/#/persons`);
    await shredOne(page);
    await shot(page, 'shred');
    await page.goto(`${server.origin}/#/audit`);
    await proveOne(page);
    await shot(page, 'proof');
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

async function findOne(page: Page): Promise<void> {
  await page.getByLabel('Value of the subject field').fill('987-65-4321');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('has a key').waitFor();
}

/** The note that a second person must agree. */
async function rotateOne(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Rotate … field/people' }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('C-20931');
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
  await page.getByText('Nothing was done yet').waitFor();
  await page.mouse.move(0, 0);
}

/** The dialog that asks for reason and confirmation. */
async function shredOne(page: Page): Promise<void> {
  await findOne(page);
  await page.getByRole('button', { name: 'Shred …' }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('R-4711');
  await page.getByText('What opens no more').waitFor();
}

async function proveOne(page: Page): Promise<void> {
  // Few rows behind the dialog: the picture stays small.
  await page.getByLabel('From entry').fill('1236');
  await page.getByLabel('From entry').blur();
  await page.getByText('from 1236 on').waitFor();
  await page.getByRole('button', { name: 'Proof of entry 1,238' }).click();
  await page.getByText('Checked in this browser').waitFor();
}

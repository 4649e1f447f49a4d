// Keys and second persons on the built page, in Chromium, with recorded answers.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AnsweringServer } from './answering-server.ts';
import { ALL_ACTIONS } from './recorded-answers.ts';
import { APPROVAL_ID, USAGE } from './recorded-care.ts';
import { openAt } from './signed-in.ts';
import { nothingWrong, openBrowser, openPage } from './watched-page.ts';

let server: AnsweringServer;
let browser: Browser;

beforeAll(async () => {
  server = await AnsweringServer.start();
  browser = await openBrowser();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(() => {
  server.actions = ALL_ACTIONS;
  server.care.isGuarded = true;
  server.care.isAgreed = false;
  server.care.usage = USAGE;
  server.asked.length = 0;
});

const LOOKS = [
  { width: 1280, scheme: 'light' },
  { width: 375, scheme: 'dark' },
] as const;

async function opened(look: (typeof LOOKS)[number], at: string) {
  const watched = await openPage(browser, server.origin, look);
  await openAt(watched.page, server.origin, at);
  return watched;
}

/** What was sent in changes, in order. */
const changes = () => server.asked.filter(({ method }) => method !== 'GET');

async function rotateField(page: Page) {
  await page.getByRole('button', { name: 'Rotate … field/people' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('C-7');
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  return dialog;
}

describe.each(LOOKS)('at $width px, $scheme', (look) => {
  test('a rotation waits for a second person, says so, and goes on with the very same order', async () => {
    const { faults, page } = await opened(look, 'keys');
    const dialog = await rotateField(page);
    await dialog.getByText('A second person must agree.').waitFor();
    expect(await dialog.innerText()).toContain(APPROVAL_ID);
    await nothingWrong(page, faults, 'a rotation that waits');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.getByText('Nobody has agreed yet.').waitFor();
    await nothingWrong(page, faults, 'a rotation that nobody agreed to yet');
    server.care.isAgreed = true;
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('dialog', { name: '1 key made' }).waitFor();
    expect(await dialog.innerText()).toMatch(/Zk3f81LmQ_0a[\s\S]*not given[\s\S]*accepted/);
    await nothingWrong(page, faults, 'a rotation that was done');
    const body = { mode: 'all', purpose: 'field', reason: 'C-7' };
    expect(changes().map(({ body, url }) => [url, JSON.parse(body)])).toEqual(
      Array.from({ length: 3 }, () => ['/v1/datasets/people/keys/rotate', body]),
    );
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('a key that records still name ends only by force, once its id was typed', async () => {
    const { faults, page } = await opened(look, 'keys');
    await page.getByRole('button', { name: 'May it go? Key Lw09sHj2_c4P' }).click();
    const dialog = page.getByRole('dialog', { name: 'May key Lw09sHj2_c4P go?' });
    await dialog.getByText('may not go').waitFor();
    expect(await dialog.innerText()).toMatch(/1,204[\s\S]*Records name it/);
    await nothingWrong(page, faults, 'the report of a key');
    server.care.isAgreed = true;
    await dialog.getByLabel('Reason').fill('C-8');
    await dialog.getByLabel('Type the id').fill('Lw09sHj2_c4');
    await dialog.getByRole('button', { name: 'Destroy by force' }).click();
    // The browser itself holds the form back: the id is not whole.
    expect(changes()).toEqual([]);
    await dialog.getByLabel('Type the id').fill('Lw09sHj2_c4P');
    await dialog.getByRole('button', { name: 'Destroy by force' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('dialog', { name: 'Destroyed' }).waitFor();
    const url = '/v1/datasets/people/keys/field/Lw09sHj2_c4P?reason=C-8&force=true';
    expect(changes().map(({ method, url }) => [method, url])).toEqual([
      ['DELETE', url],
      ['DELETE', url],
    ]);
  });

  test('a second person sees all of a request, and agrees to exactly that', async () => {
    const { faults, page } = await opened(look, 'approvals');
    await page.getByRole('button', { name: 'Agree …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Agree to this?' });
    expect(await dialog.innerText()).toMatch(/Mei Okafor[\s\S]*people[\s\S]*R-4711/);
    await nothingWrong(page, faults, 'the dialog of an approval');
    await dialog.getByRole('button', { name: 'Agree' }).click();
    await page.getByText('Nothing waits for a second person.').waitFor();
    expect(changes()).toMatchObject([
      { url: `/v1/approvals/${APPROVAL_ID}/approve`, body: `{"digest":"${'ab'.repeat(32)}"}` },
    ]);
  });
});

const [look] = LOOKS;

test('with the keyboard alone a keyset is rotated, and the focus is where it goes on', async () => {
  const { page } = await opened(look, 'keys');
  await page.getByRole('button', { name: 'Rotate … field/people' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('C-9');
  await page.keyboard.press('Enter');
  await page.getByText('A second person must agree.').waitFor();
  const label = () => page.evaluate('document.activeElement.getAttribute("aria-label")');
  await expect.poll(label).toBe('A second person must agree');
  server.care.isAgreed = true;
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: '1 key made' }).waitFor();
  await page.keyboard.press('Escape');
  const back = () => page.evaluate<string>('document.activeElement.textContent');
  await expect.poll(back).toBe('Rotate … field/people');
});

test('where no second person is wanted, it is done at once', async () => {
  server.care.isGuarded = false;
  const { page } = await opened(look, 'keys');
  await rotateField(page);
  await page.getByRole('dialog', { name: '1 key made' }).waitFor();
  expect(changes()).toHaveLength(1);
});

test('an approval that lapsed is told, and the order can be given anew', async () => {
  const { page } = await opened(look, 'keys');
  const dialog = await rotateField(page);
  await dialog.getByText('A second person must agree.').waitFor();
  server.care.lapsed = true;
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByRole('alert').waitFor();
  expect(await dialog.getByRole('alert').innerText()).toContain('APPROVAL_REFUSED');
  expect(await dialog.getByRole('button', { name: 'Rotate' }).count()).toBe(1);
  server.care.lapsed = false;
});

test('what is active, and what roles do not allow, has no button and says why', async () => {
  server.actions = ['keys.read'];
  const { faults, page } = await opened(look, 'keys');
  await page.getByText('needs the action keys.rotate').waitFor();
  expect(await page.getByRole('button', { name: 'Rotate' }).count()).toBe(0);
  await page.getByRole('button', { name: 'May it go? Key Lw09sHj2_c4P' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('needs the action keys.destroy-forced').waitFor();
  expect(await dialog.getByRole('button').allInnerTexts()).toEqual(['Cancel']);
  await nothingWrong(page, faults, 'keys of a reader');
});

test('a key that may not go whatever is done has no way to end it', async () => {
  server.care.usage = { ...USAGE, why: ['unsettled', 'records'], settled: false };
  const { page } = await opened(look, 'keys');
  await page.getByRole('button', { name: 'May it go? Key Lw09sHj2_c4P' }).click();
  await page.getByRole('dialog').getByText('It cannot be ended now, by nobody.').waitFor();
  expect(await page.getByRole('dialog').getByRole('textbox').count()).toBe(0);
});

test('what oneself asked for cannot be agreed to, and the page says so', async () => {
  server.care.asker = 'Ada Osei';
  const { page } = await opened(look, 'approvals');
  await page.getByText('You asked for this, so another person must agree.').waitFor();
  expect(await page.getByRole('button', { name: 'Agree' }).count()).toBe(0);
  server.care.asker = 'Mei Okafor';
});

// Persons on the built page, in Chromium, with recorded answers.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AnsweringServer } from './answering-server.ts';
import { ALL_ACTIONS } from './recorded-answers.ts';
import { INDEX, SHREDDED } from './recorded-care.ts';
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
  server.care.isAgreed = false;
  server.care.isShredded = false;
  server.asked.length = 0;
});

const LOOKS = [
  { width: 1280, scheme: 'light' },
  { width: 375, scheme: 'dark' },
] as const;
/** One of those that were never given out. */
const SSN = '987-65-4321';
const shreds = () => server.asked.filter(({ url }) => url.endsWith('/shred'));

async function found(look: (typeof LOOKS)[number]) {
  const watched = await openPage(browser, server.origin, look);
  const { page } = watched;
  await openAt(page, server.origin, 'persons');
  await page.getByLabel('Value of the subject field').fill(SSN);
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('heading', { name: INDEX }).waitFor();
  return watched;
}

/** All that the page holds or keeps. */
const kept = (page: Page) =>
  page.evaluate<string>(
    `[location.href, document.title, JSON.stringify(history.state), JSON.stringify({ ...localStorage }),
      JSON.stringify({ ...sessionStorage }), document.documentElement.outerHTML,
      ...[...document.querySelectorAll('input')].map(({ value }) => value)].join(' ')`,
  );

describe.each(LOOKS)('at $width px, $scheme', (look) => {
  test('a person is found by a value that goes into one body and stays nowhere', async () => {
    const { faults, page } = await found(look);
    expect(await page.locator('main').innerText()).toContain('has a key');
    expect(await kept(page)).not.toContain(SSN);
    const held = server.asked.filter(({ body, url }) => `${url}${body}`.includes(SSN));
    expect(held).toEqual([
      { method: 'POST', url: '/v1/datasets/people/subjects/index', body: `{"subject":"${SSN}"}` },
    ]);
    await nothingWrong(page, faults, 'a person');
  });

  test('a person is shredded once it was typed again and a second person agreed, with a receipt', async () => {
    const { faults, page } = await found(look);
    await page.getByRole('button', { name: 'Shred …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('What opens no more, and what stays').click();
    await dialog.getByText('still opens, under another key').filter({ visible: true }).waitFor();
    await nothingWrong(page, faults, 'the dialog of a shred');
    await dialog.getByLabel('Reason').fill('R-4711');
    await dialog.getByLabel('Type the last 6').fill('wrong');
    await dialog.getByRole('button', { name: 'Shred' }).click();
    // The browser itself holds the form back.
    expect(shreds()).toEqual([]);
    await dialog.getByLabel('Type the last 6').fill(INDEX.slice(-6));
    await dialog.getByRole('button', { name: 'Shred' }).click();
    await dialog.getByText('A second person must agree.').last().waitFor();
    await nothingWrong(page, faults, 'a shred that waits');
    server.care.isAgreed = true;
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('dialog', { name: 'Shredded' }).waitFor();
    await nothingWrong(page, faults, 'a receipt');
    const bodies = shreds().map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toEqual([
      { index: INDEX, reason: 'R-4711' },
      { index: INDEX, reason: 'R-4711' },
    ]);
    const loading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Download the receipt' }).click();
    const download = await loading;
    expect(download.suggestedFilename()).toBe(`receipt-${INDEX}.txt`);
    expect(readFileSync(await download.path(), 'utf8')).toBe(SHREDDED.receipt);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText('new records of them are rejected').waitFor();
    expect(await page.getByRole('button', { name: 'Re-enrol …' }).count()).toBe(1);
    await nothingWrong(page, faults, 'a shredded person');
  });
});

const [look] = LOOKS;

test('a shredded person is let in again by a deed of its own', async () => {
  server.care.isShredded = true;
  const { page } = await found(look);
  await page.getByRole('button', { name: 'Re-enrol …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Let this person have a new key?' });
  await dialog.getByLabel('Reason').fill('R-4712');
  await dialog.getByLabel('Type the last 6').fill(INDEX.slice(-6));
  server.care.isAgreed = true;
  await dialog.getByRole('button', { name: 'Re-enrol' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('dialog', { name: 'Re-enrolled' }).getByText('had been cut').waitFor();
  expect(server.asked.at(-1)?.url).toBe('/v1/datasets/people/subjects/re-enrol');
});

test('a person is found by the index of a receipt, and by nothing that is none', async () => {
  const { page } = await openPage(browser, server.origin, look);
  await openAt(page, server.origin, 'persons');
  await page.getByLabel('Find by').selectOption('index');
  await page.getByLabel('Index', { exact: true }).fill(SSN);
  await page.getByRole('button', { name: 'Find' }).click();
  expect(server.asked.some(({ url }) => url.includes('/subjects/'))).toBe(false);
  await page.getByLabel('Index', { exact: true }).fill(INDEX);
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('has a key').waitFor();
  expect(server.asked.at(-1)?.url).toBe(`/v1/datasets/people/subjects/${INDEX}`);
});

test('while somebody else is looked for in vain, nobody is shown in their place', async () => {
  const { page } = await found(look);
  server.mood = 'failing';
  await page.getByLabel('Value of the subject field').fill('x');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.locator('main .problem').waitFor();
  expect(await page.getByRole('heading', { name: INDEX }).count()).toBe(0);
  server.mood = 'full';
});

test('whoever may only look sees no button, and which action is missing', async () => {
  server.actions = ['subjects.read', 'policy.read'];
  const { faults, page } = await found(look);
  await page.getByText('needs the action subjects.shred').waitFor();
  expect(await page.getByRole('button', { name: 'Shred' }).count()).toBe(0);
  await nothingWrong(page, faults, 'a person, looked at');
});

test('with the keyboard alone a person is found, and the focus is on them', async () => {
  const { page } = await openPage(browser, server.origin, look);
  await openAt(page, server.origin, 'persons');
  await page.getByLabel('Value of the subject field').focus();
  await page.keyboard.type(SSN);
  await page.keyboard.press('Enter');
  const focused = () => page.evaluate<string>('document.activeElement.textContent');
  await expect.poll(focused).toBe(INDEX);
  await page.keyboard.press('Tab');
  await expect.poll(focused).toBe('Shred …');
});

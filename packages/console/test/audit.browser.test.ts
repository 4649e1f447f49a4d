// The audit log on the built page, in Chromium: with recorded answers, and proofs that hold or do not.
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AnsweringServer } from './answering-server.ts';
import { LOG } from './recorded-audit.ts';
import { openAt } from './signed-in.ts';
import { signedLog } from './signed-log.ts';
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
  server.care.audit = 'whole';
  server.asked.length = 0;
});

const LOOKS = [
  { width: 1280, scheme: 'light' },
  { width: 375, scheme: 'dark' },
] as const;

async function opened(look: (typeof LOOKS)[number]) {
  const watched = await openPage(browser, server.origin, look);
  await openAt(watched.page, server.origin, 'audit');
  return watched;
}

describe.each(LOOKS)('at $width px, $scheme', (look) => {
  test('an entry is proven in the browser, and its checkpoint by a key that comes from elsewhere', async () => {
    const { faults, page } = await opened(look);
    await page.getByRole('button', { name: 'Proof of entry 1,238' }).click();
    const dialog = page.getByRole('dialog', { name: 'Entry 1,238' });
    await dialog.getByText('Checked in this browser').waitFor();
    expect(await dialog.innerText()).toMatch(/✓ holds[\s\S]*1,240[\s\S]*"reason":"C-1238"/);
    await nothingWrong(page, faults, 'a proof');
    const key = dialog.getByLabel('Verifier key');
    const check = dialog.getByRole('button', { name: 'Check the signature' });
    await key.fill(signedLog('sealstream.example/audit', ['x']).vkey);
    await check.click();
    await dialog.getByText('is not signed by this key').waitFor();
    await key.fill(LOG.vkey);
    await check.click();
    await dialog.getByText('The checkpoint is signed by this key.').waitFor();
    await nothingWrong(page, faults, 'a signature');
    const loading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Download the proof' }).click();
    const download = await loading;
    expect(download.suggestedFilename()).toBe('proof-1238.json');
    expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(LOG.proofOf(1238));
  });

  test('an entry that was changed behind its signature is told', async () => {
    server.care.audit = 'changed';
    const { faults, page } = await opened(look);
    await page.getByRole('button', { name: 'Proof of entry 1,237' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('does not hold').waitFor();
    expect(await dialog.innerText()).toContain('does not lead from the entry to the checkpoint');
    expect(await dialog.innerText()).not.toContain('holds\n');
    expect(await dialog.getByLabel('Verifier key').count()).toBe(0);
    await nothingWrong(page, faults, 'a proof that does not hold');
  });
});

const [look] = LOOKS;

test('entries are chosen by type, dataset, actor and place, and go on page by page', async () => {
  const { page } = await opened(look);
  const rows = page.getByRole('table').getByRole('row');
  await expect.poll(() => rows.count()).toBe(26);
  await page.getByRole('button', { name: 'Show older' }).click();
  await expect.poll(() => rows.count()).toBe(51);
  await page.getByLabel('Type').selectOption('access-done');
  await page.getByLabel('Dataset').selectOption('people');
  await page.getByLabel('Actor').fill('ada');
  await page.getByLabel('From entry').fill('100 ');
  await page.getByLabel('From entry').blur();
  await page.getByRole('button', { name: 'Show newer' }).waitFor();
  await expect.poll(() => rows.nth(1).innerText()).toContain('102');
  expect(server.asked.at(-1)?.url).toBe(
    '/v1/audit/entries?type=access-done&dataset=people&actor=ada&from=100',
  );
  await page.getByRole('button', { name: 'Show newer' }).click();
  await expect.poll(() => rows.count()).toBe(51);
});

test('the checkpoint is handed over as it was signed', async () => {
  const { page } = await opened(look);
  await page.getByText('Complete and signed').waitFor();
  const loading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the checkpoint' }).click();
  const download = await loading;
  expect(download.suggestedFilename()).toBe('checkpoint-1240.txt');
  expect(readFileSync(await download.path(), 'utf8')).toBe(LOG.checkpoint);
});

test('a service without the log says so, once, with what to do', async () => {
  server.care.audit = 'missing';
  const { faults, page } = await opened(look);
  await page.locator('main .problem').waitFor();
  expect(await page.locator('main .problem').count()).toBe(1);
  expect(await page.locator('main .problem').innerText()).toContain('AUDIT_COPY_MISSING');
  await nothingWrong(page, faults, 'no log');
});

test('with the keyboard alone a proof is opened, read and closed, and the focus comes back', async () => {
  const { page } = await opened(look);
  await page.getByRole('button', { name: 'Proof of entry 1,239' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Checked in this browser').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const focused = () => page.evaluate<string>('document.activeElement.textContent');
  await expect.poll(focused).toBe('Proof of entry 1,239');
});

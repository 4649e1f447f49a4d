// Keys, persons, approvals and the audit log on the page of the running access service: two people at two
// browsers do what one alone may not, and what they were shown verifies without the service.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vkeyPath } from '@sealstream/audit-log';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { auditLogOf, RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow, until } from '../../../test/e2e/running-flow.ts';
import { sealstream } from '../../../tools/demo/command-line.ts';
import { nothingWrong, openBrowser, openPage, type WatchedPage } from './watched-page.ts';

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
      /card: { type: string, mask: redact, encrypt: seal, survivesShred: true }
access:
  fourEyes: { actions: [keys.rotate] }
  roles:
    keeper:
      meaning: Looks after keys and persons, and reads the audit log.
      allow:
        - { actions: [keys.read, keys.rotate, keys.destroy], datasets: [people] }
        - { actions: [subjects.read, subjects.shred], datasets: [people] }
        - { actions: [audit.read, policy.read] }
    checker:
      meaning: Agrees to what others ask for.
      allow:
        - { actions: [approvals.decide] }
`;
const PASSWORDS = { kim: 'seventeen brown chairs stand', lee: 'nineteen black tables wobble' };
const SSN = '900-11-4711';

let flow: RunningFlow;
let access: RunningAccess;
let browser: Browser;
let folder: string;
let kim: WatchedPage;
let lee: WatchedPage;

async function signedIn(name: keyof typeof PASSWORDS, look: Parameters<typeof openPage>[2]) {
  const watched = await openPage(browser, access.base, look);
  const { page } = watched;
  await page.goto(`${access.base}/`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(PASSWORDS[name]);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.shell').waitFor();
  return watched;
}

beforeAll(async () => {
  const servers = inject('stack');
  folder = mkdtempSync(join(tmpdir(), 'sealstream-console-'));
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  const value = Buffer.from(JSON.stringify({ ssn: SSN, card: '4556737586899855' }));
  await flow.bus.append(flow.dataset.topics.raw, 0, [{ key: Buffer.from('1'), value }]);
  const [running, opened] = await Promise.all([
    RunningAccess.start(flow, servers.redisUrl, {
      ...auditLogOf(flow),
      SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
      SEALSTREAM_KEY_SETTLED: '0ms',
    }),
    openBrowser(),
    ...(['ingest', 'encrypt', 'audit'] as const).map((name) => flow.start(name)),
  ]);
  access = running;
  browser = opened;
  await access.user('kim', PASSWORDS.kim, 'keeper');
  await access.user('lee', PASSWORDS.lee, 'checker');
  kim = await signedIn('kim', { width: 1280, scheme: 'light' });
  lee = await signedIn('lee', { width: 375, scheme: 'dark' });
  await until(async () => (await flow.readAll(flow.dataset.topics.encrypted)).length === 1);
}, 480_000);
afterAll(async () => {
  await browser?.close();
  await access?.close();
  await flow?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The other person agrees to the one thing that waits, and sees what it is. */
async function agrees(words: RegExp): Promise<void> {
  const { faults, page } = lee;
  await page.goto(`${access.base}/#/approvals`);
  await page.reload();
  await page.getByRole('button', { name: 'Agree …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Agree to this?' });
  expect(await dialog.innerText()).toMatch(words);
  await nothingWrong(page, faults, 'an approval');
  await dialog.getByRole('button', { name: 'Agree' }).click();
  await page.getByText('kim has not done it yet').waitFor();
}

async function saved(page: Page, button: string, name: string): Promise<string> {
  const loading: Promise<Download> = page.waitForEvent('download');
  await page.getByRole('dialog').getByRole('button', { name: button }).click();
  const path = join(folder, name);
  await (await loading).saveAs(path);
  return path;
}

/** The operator's command, which here asks no server. */
const command = (...args: string[]) => sealstream(flow.place, args, {});

test('a key is rotated by one person with the agreement of another, and the old one is still needed', async () => {
  const { faults, page } = kim;
  await page.goto(`${access.base}/#/keys`);
  await page.getByRole('button', { name: 'Rotate … field/people' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('C-1');
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await dialog.getByText('Nothing was done yet').waitFor();
  await nothingWrong(page, faults, 'a rotation that waits');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('Nobody has agreed yet.').waitFor();
  await agrees(/kim[\s\S]*keys\.rotate[\s\S]*people[\s\S]*field[\s\S]*C-1/);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('dialog', { name: '1 key made' }).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  const card = page.getByRole('region', { name: 'Keyset field/people' });
  await card.getByText('decrypt-only').first().waitFor();
  await card.getByRole('button', { name: 'May it go?' }).first().click();
  await page.getByRole('dialog').getByText('may not go').waitFor();
  expect(await page.getByRole('dialog').innerText()).toContain('Records name it.');
  await nothingWrong(page, faults, 'the report of a key');
  await page.keyboard.press('Escape');
}, 240_000);

test('a person is found, shredded by two, and the receipt that the page hands over verifies', async () => {
  const { faults, page } = kim;
  await page.goto(`${access.base}/#/persons`);
  await page.getByLabel('Value of the subject field').fill(SSN);
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('has a key').waitFor();
  expect(await page.content()).not.toContain(SSN);
  const index = await page.locator('main h2').innerText();
  await page.getByRole('button', { name: 'Shred …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('What opens no more, and what stays').waitFor();
  await dialog.getByLabel('Reason').fill('R-4711');
  await dialog.getByLabel('Type the last 6').fill(index.slice(-6));
  await dialog.getByRole('button', { name: 'Shred' }).click();
  await dialog.getByText('Nothing was done yet').waitFor();
  // What was closed meanwhile goes on from the same approval.
  await dialog.getByRole('button', { name: 'Close' }).click();
  await agrees(new RegExp(`subjects\\.shred[\\s\\S]*${index}[\\s\\S]*R-4711`));
  await page.getByRole('button', { name: 'Shred …' }).click();
  await dialog.getByLabel('Reason').fill('R-4711');
  await dialog.getByLabel('Type the last 6').fill(index.slice(-6));
  await dialog.getByRole('button', { name: 'Shred' }).click();
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('dialog', { name: 'Shredded' }).waitFor();
  await nothingWrong(page, faults, 'a receipt');
  const receipt = await saved(page, 'Download the receipt', 'receipt.txt');
  const keyDir = ['--key-dir', flow.place.keys];
  const read = await command('subjects', 'verify-receipt', receipt, '--json', ...keyDir);
  expect(JSON.parse(read)).toMatchObject({ action: 'shred', index, actor: 'kim' });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('needs the action subjects.re-enrol').waitFor();
  await nothingWrong(page, faults, 'a shredded person');
}, 240_000);

test('what they did stands on the audit log, proven in the browser and by the command', async () => {
  const { faults, page } = kim;
  const vkey = vkeyPath(flow.keys.auditKeyFile);
  await page.goto(`${access.base}/#/audit`);
  await page.getByLabel('Type').selectOption('access-done');
  await expect
    .poll(
      async () => {
        await page.getByRole('button', { name: 'Refresh' }).click();
        return page.locator('main').innerText();
      },
      { timeout: 60_000, interval: 2000 },
    )
    .toMatch(/subjects\.shred[\s\S]*keys\.rotate · C-1|subjects\.shred[\s\S]*C-1/);
  await nothingWrong(page, faults, 'the audit log');
  await page.getByRole('button', { name: 'Proof' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Checked in this browser').waitFor();
  expect(await dialog.innerText()).toMatch(/✓ holds[\s\S]*"type":"access-done"/);
  await dialog.getByLabel('Verifier key').fill(readFileSync(vkey, 'utf8'));
  await dialog.getByRole('button', { name: 'Check the signature' }).click();
  await dialog.getByText('The checkpoint is signed by this key.').waitFor();
  await nothingWrong(page, faults, 'a proof');
  const proof = await saved(page, 'Download the proof', 'proof.json');
  const read = await command('audit', 'verify-proof', proof, '--key', vkey);
  expect(read).toContain('access-done');
  expect(await page.content()).not.toContain(SSN);
}, 240_000);

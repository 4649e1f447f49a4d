// The page on the running access service, Kafka and Redis: what a person sees there is what happened.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow, until } from '../../../test/e2e/running-flow.ts';
import {
  axeFindings,
  openBrowser,
  openPage,
  sidewaysPixels,
  stoppedByPolicy,
} from './watched-page.ts';

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
      /city: { type: string, mask: keep, encrypt: keep }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into., reference: required }
  roles:
    sre:
      meaning: Sees all that the console shows, and reveals for a reported fraud.
      allow:
        - { actions: [flow.read, alerts.read, alerts.acknowledge, policy.read, audit.read] }
        - { actions: [rejects.read, keys.read], datasets: [people] }
        - { actions: [reveal], datasets: [people], fields: [/ssn], purposes: [fraud] }
`;
const PASSWORD = 'eleven red umbrellas in the rain';
const SSN = '900-44-2217';

let flow: RunningFlow;
let access: RunningAccess;
let browser: Browser;
let token: string;

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  for (const name of ['ingest', 'mask', 'encrypt'] as const) await flow.start(name);
  access = await RunningAccess.start(flow, servers.redisUrl);
  await access.user('ann', PASSWORD, 'sre');
  const values = [JSON.stringify({ ssn: SSN, city: 'Bonn' }), '{"ssn":5}'];
  const records = values.map((value) => ({ key: Buffer.from('1'), value: Buffer.from(value) }));
  await flow.bus.append(flow.dataset.topics.raw, 0, records);
  const { encrypted, masked, rejected } = flow.dataset.topics;
  for (const topic of [encrypted, masked, rejected])
    await until(async () => (await flow.readAll(topic)).length === 1);
  const [record] = await flow.readAll(encrypted);
  token = (JSON.parse(String(record?.value)) as { ssn: string }).ssn;
  browser = await openBrowser();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await access?.close();
  await flow?.close();
});

/** What stands on a page of the menu once its answer is there. */
const SHOWN = [
  ['Flow', 'people'],
  ['Rejects', 'RECORD_'],
  ['Keys', 'field/people'],
  ['Coverage', '/ssn'],
  ['Accesses', 'ann'],
  ['Alerts', 'Alerts'],
] as const;

async function nothingWrong(page: Page, faults: readonly string[]): Promise<void> {
  expect(await axeFindings(page)).toEqual([]);
  expect(await stoppedByPolicy(page)).toEqual([]);
  expect(await sidewaysPixels(page)).toBe(0);
  expect(faults).toEqual([]);
}

test.each([
  { width: 1280, scheme: 'light' },
  { width: 375, scheme: 'dark' },
] as const)(
  'at $width px a person signs in, sees the flow, and reveals a value that is told',
  async (look) => {
    const { faults, page } = await openPage(browser, access.base, look);
    await page.goto(`${access.base}/`);
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.shell').waitFor();
    for (const [name, text] of SHOWN) {
      await page.goto(`${access.base}/#/${name.toLowerCase()}`);
      await page.locator('main').getByText(text).filter({ visible: true }).first().waitFor();
      await nothingWrong(page, faults);
    }
    await page.goto(`${access.base}/#/reveal`);
    await page.getByRole('combobox', { name: 'Field' }).selectOption('/ssn');
    await page.getByLabel('Tokens from').fill(token);
    await page.getByRole('button', { name: 'Reveal …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Purpose').selectOption('fraud');
    const reference = `C-${look.width}`;
    await dialog.getByLabel('Reference').fill(reference);
    await dialog.getByRole('button', { name: 'Reveal' }).click();
    await page.getByText(SSN).waitFor();
    expect(await page.title()).not.toContain(SSN);
    expect(page.url()).not.toContain(SSN);
    await nothingWrong(page, faults);
    await page.goto(`${access.base}/#/accesses`);
    await page.locator('main').getByText(reference).first().waitFor();
    expect(await page.getByText(SSN).count()).toBe(0);
    await page.context().close();
  },
  120_000,
);

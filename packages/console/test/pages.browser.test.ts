// The built page in Debian's Chromium, on a small server that answers as the access service promises
// to. These tests hold layout, keyboard, screen readers and the page's own policy; what the page does
// on the running service is tested with the whole flow.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PAGES } from '../src/page/place.ts';
import { AnsweringServer, PASSWORD } from './answering-server.ts';
import { ALL_ACTIONS, PROVIDERS } from './recorded-answers.ts';
import { FORMS, signIn, THERE } from './signed-in.ts';
import {
  axeFindings,
  type Look,
  nothingWrong,
  openBrowser,
  openPage,
  sidewaysPixels,
  stoppedByPolicy,
} from './watched-page.ts';

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
  server.mood = 'full';
  server.actions = ALL_ACTIONS;
  server.isCut = false;
  server.providers = PROVIDERS;
  server.asked.length = 0;
});

const LOOKS: readonly Look[] = [
  { width: 1280, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 375, scheme: 'light' },
  { width: 375, scheme: 'dark' },
];

describe.each(LOOKS)('at $width px, $scheme', (look) => {
  test('every page is whole: axe finds nothing, nothing is stopped, nothing scrolls sideways', async () => {
    const { faults, page } = await openPage(browser, server.origin, look);
    await page.goto(`${server.origin}/`);
    await page.getByRole('link', { name: 'Sign in with Example Staff' }).waitFor();
    await nothingWrong(page, faults, 'sign-in');
    await page.getByRole('link', { name: 'Sign in with Example Staff' }).click();
    await page.getByText('no account here is linked').waitFor();
    await nothingWrong(page, faults, 'sign-in, unlinked');
    await signIn(page, server.origin);
    for (const { id } of PAGES) {
      await page.goto(`${server.origin}/#/${id}`);
      await page
        .getByText(THERE[id] ?? '')
        .first()
        .waitFor();
      await nothingWrong(page, faults, id);
    }
  });

  test.each(['empty', 'failing', 'slow'] as const)('every page is whole when %s', async (mood) => {
    const { faults, page } = await openPage(browser, server.origin, look);
    server.mood = mood;
    await signIn(page, server.origin);
    for (const { id } of PAGES) {
      await page.goto(`${server.origin}/#/${id}`);
      if (!FORMS.includes(id)) {
        const note = { empty: '.empty', failing: '.problem', slow: '.loading' }[mood];
        await page.locator(`main ${note}`).first().waitFor();
      }
      if (!FORMS.includes(id) && mood === 'failing')
        expect(await page.locator('main .problem').first().innerText()).toMatch(
          /Kafka cannot be reached[\s\S]*try again[\s\S]*KAFKA_UNREACHABLE[\s\S]*01JX8ZREQUEST0001/i,
        );
      await nothingWrong(page, faults, `${id}, ${mood}`);
    }
  });
});

describe('the checks themselves', () => {
  test('see what they look for when it is planted', async () => {
    const { faults, page } = await openPage(
      browser,
      server.origin,
      LOOKS[2] ?? { width: 375, scheme: 'light' },
    );
    await page.goto(`${server.origin}/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.evaluate(`
      const wide = document.createElement('div');
      wide.style.width = '900px';
      wide.style.height = '1px';
      const foreign = document.createElement('img');
      foreign.src = 'http://127.0.0.2:9/x.png';
      document.body.append(wide, foreign);
      const code = document.createElement('script');
      try { code.text = '1'; document.body.append(code); } catch { }
    `);
    await expect
      .poll(() => stoppedByPolicy(page))
      .toEqual(expect.arrayContaining([expect.stringContaining('img-src')]));
    expect((await stoppedByPolicy(page)).join()).toMatch(/trusted-types|script-src/);
    expect(await sidewaysPixels(page)).toBeGreaterThan(0);
    expect((await axeFindings(page)).join()).toContain('image-alt');
    expect(faults.length).toBeGreaterThan(0);
  });
});

describe('a reader', () => {
  const look = { width: 1280, scheme: 'light' } as const;

  test('goes to a provider by keyboard, and is told why it did not let them in, once', async () => {
    const { page } = await openPage(browser, server.origin, look);
    await page.goto(`${server.origin}/`);
    const link = page.getByRole('link', { name: 'Sign in with Example Staff' });
    await link.focus();
    await page.keyboard.press('Enter');
    const note = page.getByRole('alert');
    expect(await note.innerText()).toMatch(
      /no account here is linked[\s\S]*administrator[\s\S]*SIGN_IN_REFUSED[\s\S]*01JX8ZREQUEST0002/,
    );
    expect(page.url()).toBe(`${server.origin}/`);
    await page.reload();
    await link.waitFor();
    expect(await note.count()).toBe(0);
    await signIn(page, server.origin);
    expect(page.url()).not.toContain('sign-in');
  });

  test('sees no more than the form where there is no provider', async () => {
    server.providers = [];
    const { page } = await openPage(browser, server.origin, look);
    await page.goto(`${server.origin}/`);
    await page.getByLabel('Name').waitFor();
    await expect.poll(() => server.asked.map(({ url }) => url)).toContain('/v1/sign-in');
    expect(await page.getByRole('link').count()).toBe(0);
  });

  test('with the keyboard alone signs in, walks to reveal, is held in the dialog and comes back', async () => {
    const { faults, page } = await openPage(browser, server.origin, look);
    const focused = () =>
      page.evaluate<string>(
        `document.activeElement === document.body ? '' :
          (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()`,
      );
    const tabTo = async (text: string) => {
      for (let step = 0; step < 40; step++) {
        if ((await focused()).startsWith(text)) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab never came to ${text}`);
    };
    await page.goto(`${server.origin}/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tabTo('Name');
    await page.keyboard.type('ada');
    await tabTo('Password');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('last 5 minutes').first().waitFor();
    expect(await page.title()).toBe('Flow · Sealstream');

    await tabTo('Skip to the page');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.goto(`${server.origin}/#/flow`);
    await page.keyboard.press('Shift+Tab');
    await tabTo('Reveal');
    await page.keyboard.press('Enter');
    await page.getByText('Tokens from the encrypted topic').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');

    await tabTo('Tokens');
    await page.keyboard.insertText('ss1:q3Vt0Kd81aZx:AAAA\nss1:q3Vt0Kd81aZx:BBBB');
    await tabTo('Reveal …');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Reveal 2 values?' });
    await dialog.waitFor();
    await nothingWrong(page, faults, 'the dialog of reveal');
    const isInside = () =>
      page.evaluate<boolean>(
        `document.querySelector('dialog').contains(document.activeElement) || document.activeElement === document.body`,
      );
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press('Tab');
      expect(await isInside()).toBe(true);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await focused()).toBe('Reveal …');
  });

  test('is asked for a purpose and its reference before any value comes, and sees it for a minute', async () => {
    const { faults, page } = await openPage(browser, server.origin, look);
    await page.clock.install();
    await signIn(page, server.origin);
    await page.goto(`${server.origin}/#/reveal`);
    await page.getByLabel('Field').selectOption('/ssn');
    await page.getByLabel('Tokens from').fill('ss1:q3Vt0Kd81aZx:AAAA\nss1:q3Vt0Kd81aZx:BBBB');
    await page.getByRole('button', { name: 'Reveal …' }).click();
    const dialog = page.getByRole('dialog');
    const go = dialog.getByRole('button', { name: 'Reveal' });
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByLabel('Purpose').selectOption('support-case');
    await go.click();
    // The browser itself holds the form back: the reference is required.
    expect(server.asked.filter(({ url }) => url.endsWith('/reveal'))).toEqual([]);
    await dialog.getByLabel('Reference').fill('CASE-20931');
    await go.click();
    await page.getByText('987-65-4321').waitFor();
    const sent = server.asked.find(({ url }) => url.endsWith('/reveal'));
    expect(JSON.parse(sent?.body ?? '')).toEqual({
      purpose: 'support-case',
      reference: 'CASE-20931',
      values: [
        { path: '/ssn', token: 'ss1:q3Vt0Kd81aZx:AAAA' },
        { path: '/ssn', token: 'ss1:q3Vt0Kd81aZx:BBBB' },
      ],
    });
    expect(await page.getByText('Not given').innerText()).toContain('RECORD_NOT_AUTHENTIC');
    await nothingWrong(page, faults, 'revealed values');
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('987-65-4321');

    const kept = await page.evaluate<string>(
      `[location.href, document.title, JSON.stringify(history.state), JSON.stringify({ ...localStorage }),
        JSON.stringify({ ...sessionStorage }), document.cookie].join(' ')`,
    );
    expect(kept).toContain('#/reveal');
    expect(kept).not.toMatch(/987-65-4321|ss1:/);
    // The clock runs on by itself, too, so not to the last second; a unit test holds that.
    await page.clock.fastForward(45_000);
    expect(await page.getByText('987-65-4321').count()).toBe(1);
    await page.clock.fastForward(16_000);
    await page.getByText('987-65-4321').waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain('987-65-4321');
  });

  test('leaves no value behind on leaving the page', async () => {
    const { page } = await openPage(browser, server.origin, look);
    await signIn(page, server.origin);
    await page.goto(`${server.origin}/#/reveal`);
    await page.getByLabel('Tokens from').fill('ss1:q3Vt0Kd81aZx:AAAA');
    await page.getByRole('button', { name: 'Reveal …' }).click();
    await page.getByRole('dialog').getByLabel('Purpose').selectOption('self-check');
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal' }).click();
    await page.getByText('987-65-4321').waitFor();
    await page.getByRole('link', { name: 'Keys' }).click();
    await page.getByText('q3Vt0Kd81aZx').waitFor();
    await page.goBack();
    await page.getByText('Tokens from').waitFor();
    expect(await page.content()).not.toMatch(/987-65-4321|ss1:/);
  });

  test('sees at once that the flow is not live any more, and that it is again', async () => {
    const { page } = await openPage(browser, server.origin, look);
    await signIn(page, server.origin);
    await page.getByText('as of').waitFor();
    await expect.poll(() => page.locator('.liveness .tag').innerText()).toMatch(/✓ live/);
    server.cutStreams();
    await expect.poll(() => page.locator('.liveness .tag').innerText()).toMatch(/✕ not live/);
    expect(await page.locator('main').innerText()).toContain('raw.people');
    server.isCut = false;
    await expect
      .poll(() => page.locator('.liveness .tag').innerText(), { timeout: 20_000 })
      .toMatch(/✓ live/);
  });

  test('has no page in the menu that no action opens, and is told so at its address', async () => {
    server.actions = ['alerts.read'];
    const { faults, page } = await openPage(browser, server.origin, look);
    await signIn(page, server.origin);
    await page.getByText('no paused partition').waitFor();
    expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual([
      'Alerts',
    ]);
    expect(await page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
    await page.goto(`${server.origin}/#/reveal`);
    await page.getByText('Your roles do not open this page').waitFor();
    await nothingWrong(page, faults, 'a page that is not open');
    await page.goto(`${server.origin}/#/nowhere`);
    await page.getByText('This address names no page').waitFor();
  });

  test('chooses rejects by stage and reason, and replays after seeing what that would do', async () => {
    const { faults, page } = await openPage(browser, server.origin, look);
    await signIn(page, server.origin);
    await page.goto(`${server.origin}/#/rejects`);
    await page.getByText('The producer must write one JSON object.').first().waitFor();
    await page.getByRole('button', { name: 'Show older' }).click();
    await expect.poll(() => page.getByRole('checkbox').count()).toBe(20);
    await page.getByLabel('Reason').selectOption('RECORD_VALUE_UNFIT');
    await expect
      .poll(() => page.getByText('The producer must write one JSON object.').count())
      .toBe(0);
    await page.getByRole('checkbox').first().check();
    await page.getByRole('button', { name: 'Replay 1 chosen record' }).click();
    const dialog = page.getByRole('dialog', { name: 'Replay these records?' });
    await dialog.getByText('would go').waitFor();
    await nothingWrong(page, faults, 'the dialog of replay');
    await dialog.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('dialog', { name: 'Replayed' }).getByText('went back').waitFor();
    const bodies = server.asked.flatMap(({ body, url }) => (url.endsWith('/replay') ? [body] : []));
    expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([
      { ids: [expect.stringMatching(/^\d:\d+$/)], dryRun: true },
      { ids: [expect.stringMatching(/^\d:\d+$/)] },
    ]);
  });

  test('acknowledges an alert with a note, and reads its runbook', async () => {
    const { faults, page } = await openPage(browser, server.origin, look);
    await signIn(page, server.origin);
    await page.goto(`${server.origin}/#/alerts`);
    await page.getByRole('button', { name: 'Runbook for stage-paused' }).click();
    await page.getByRole('heading', { name: 'What it means' }).waitFor();
    await nothingWrong(page, faults, 'a runbook');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Acknowledge stage-paused' }).click();
    await page.getByRole('dialog').getByLabel('Note').fill('I look at it.');
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const sent = server.asked.find(({ url }) => url.endsWith('/acknowledge'));
    expect(sent).toMatchObject({
      url: '/v1/alerts/stage-paused%2Forders%2Fmask/acknowledge',
      body: '{"note":"I look at it."}',
    });
  });

  test('is told why a sign-in failed, and that a session ended', async () => {
    const { faults, page } = await openPage(browser, server.origin, look);
    await page.goto(`${server.origin}/`);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('SIGN_IN_REFUSED').waitFor();
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await nothingWrong(page, faults, 'a refused sign-in');
    await signIn(page, server.origin);
    await page.context().clearCookies();
    await page.goto(`${server.origin}/#/keys`);
    await page.getByText('Your session has ended').waitFor();
  });

  test('chooses dark or light against the system, and finds it so again', async () => {
    const { page } = await openPage(browser, server.origin, look);
    await signIn(page, server.origin);
    const back = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await back();
    await page.getByLabel('Colours').selectOption('dark');
    const dark = await back();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByText('last 5 minutes').first().waitFor();
    expect(await back()).toBe(dark);
  });
});

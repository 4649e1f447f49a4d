import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  openBrowser,
  openPage,
  type WatchedPage,
} from '../../packages/console/test/watched-page.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { RunningFlow } from './running-flow.ts';
import { ADMINISTERED } from './second-person.ts';
import { TlsAccess, uriOf, withUri } from './tls-access.ts';

type Page = WatchedPage['page'];

// Chromium with a client certificate, and without one, at the running service over TLS.

const LOOK = { width: 1280, scheme: 'light' } as const;
const PASSWORD = 'seven brown chairs in a row';
const RULES = [{ account: 'nightly', uri: uriOf('nightly') }];

let flow: RunningFlow;
let tls: TlsAccess;
let browser: Awaited<ReturnType<typeof openBrowser>>;
/** As the browser calls the service. */
let origin: string;

beforeAll(async () => {
  const { kafkaBrokers, redisUrl } = inject('stack');
  flow = await RunningFlow.open({ kafkaBrokers, redisUrl }, { 'sealstream.yaml': ADMINISTERED });
  const [port = 0] = await freePorts(1);
  origin = `https://localhost:${port}`;
  let pin = '';
  tls = await TlsAccess.start(flow, redisUrl, RULES, {
    prepare: async ({ certificate }) => {
      const key = new X509Certificate(certificate).publicKey.export({
        format: 'der',
        type: 'spki',
      });
      pin = createHash('sha256').update(key).digest('base64');
      return { SEALSTREAM_ACCESS_PORT: String(port) };
    },
  });
  browser = await openBrowser([pin]);
  await tls.access.user('nightly', undefined, 'reader');
  await tls.access.user('pat', PASSWORD, 'reader');
}, 900_000);
afterAll(async () => {
  await browser?.close();
  await tls?.close();
  await flow?.close();
});

/** A page of somebody new. */
async function newPage(more: Parameters<typeof openPage>[3] = {}): Promise<WatchedPage> {
  return openPage(browser, origin, LOOK, more);
}

const form = (page: Page) => page.getByRole('button', { name: 'Sign in', exact: true });
/** What is answered where somebody types an address of the API, or follows a link to it. */
async function answered(page: Page, go: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const [answer] = await Promise.all([
    page.waitForResponse((one) => one.url() === `${origin}/v1/me`),
    go(),
  ]);
  return (await answer.json()) as Record<string, unknown>;
}

async function signInByForm(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('pat');
  await page.getByLabel('Password').fill(PASSWORD);
  await form(page).click();
  await page.locator('.shell').waitFor();
}

describe('a browser that has a client certificate', () => {
  // The driver shows it on connections of its own, and so takes any server for the right one.
  const shown = () => {
    const { cert, key } = tls.authority.issue(withUri('nightly'));
    const clientCertificates = [{ origin, cert: Buffer.from(cert), key: Buffer.from(key) }];
    return { clientCertificates, ignoreHTTPSErrors: true };
  };

  test('gets what is asked by an address that was typed as the account of the certificate', async () => {
    const { page } = await newPage(shown());
    const me = await answered(page, () => page.goto(`${origin}/v1/me`));
    expect(me).toMatchObject({ account: 'nightly', by: 'certificate', roles: ['reader'] });
    await page.context().close();
  }, 120_000);

  test('gets the console with its sign-in, and is there whoever signs in and not the certificate', async () => {
    const { faults, page } = await newPage(shown());
    const me = await answered(page, () => page.goto(`${origin}/`));
    expect(me).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED' });
    await form(page).waitFor();
    await signInByForm(page);
    expect(await page.locator('.who strong').textContent()).toBe('pat');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await form(page).waitFor();
    expect(await page.locator('.shell').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  }, 120_000);

  test('is nobody where a page of another site sends it', async () => {
    const { page } = await newPage(shown());
    // The same server by another name: of another site to a browser, and with no certificate for it.
    await page.goto(origin.replace('localhost', '127.0.0.1'));
    await form(page).waitFor();
    const me = await answered(page, () => page.evaluate(`location.assign('${origin}/v1/me')`));
    const why = 'a certificate is not for pages';
    expect(me).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED', place: { why } });
    await page.context().close();
  }, 120_000);
});

test('a browser that has no certificate is nobody, and signs in by the form', async () => {
  const { faults, page } = await newPage();
  const me = await answered(page, () => page.goto(`${origin}/v1/me`));
  expect(me).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED' });
  await page.goto(`${origin}/`);
  await signInByForm(page);
  expect(await page.locator('.who strong').textContent()).toBe('pat');
  expect(faults).toEqual([]);
  await page.context().close();
}, 120_000);

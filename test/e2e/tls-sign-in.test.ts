import { createHash, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  openBrowser,
  openPage,
  stoppedByPolicy,
  type WatchedPage,
} from '../../packages/console/test/watched-page.ts';
import { answerOf } from '../../tools/demo/service-processes.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { Keycloak } from '../../tools/stack/keycloak.ts';
import { RunningFlow, until } from './running-flow.ts';
import { ADMINISTERED } from './second-person.ts';
import { TlsAccess, uriOf, withUri } from './tls-access.ts';

type Page = WatchedPage['page'];

// People and programs come by a browser over TLS: Chromium with a client certificate, and through a real
// Keycloak. The service is at localhost and Keycloak at 127.0.0.1, which are two sites to a browser.

const LOOK = { width: 1280, scheme: 'light' } as const;
const PASSWORD = 'seven brown chairs in a row';
const RULES = [{ account: 'nightly', uri: uriOf('nightly') }];

let flow: RunningFlow;
let tls: TlsAccess;
let keycloak: Keycloak;
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
    prepare: async ({ certificate, folder }) => {
      const key = new X509Certificate(certificate).publicKey.export({
        format: 'der',
        type: 'spki',
      });
      pin = createHash('sha256').update(key).digest('base64');
      return providers(folder, port);
    },
  });
  // Its first answers over TLS may take longer than the service waits for it.
  const known = `${keycloak.issuer}/.well-known/openid-configuration`;
  await until(async () => (await answerOf(known, tls.authority.pem)).status === 200);
  browser = await openBrowser([pin]);
  const { accounts } = tls.access;
  await tls.access.user('nightly', undefined, 'reader');
  await tls.access.user('pat', PASSWORD, 'reader');
  await tls.access.user('ana', undefined);
  const subject = await keycloak.subjectOf('ana');
  await accounts.users.linkIdentity('ana', { issuer: keycloak.issuer, subject }, 'test');
}, 900_000);
afterAll(async () => {
  await browser?.close();
  await keycloak?.stop();
  await tls?.close();
  await flow?.close();
});

/** Starts Keycloak with the certificate of the service, and tells the service of it. */
async function providers(folder: string, port: number): Promise<Record<string, string>> {
  const back = `https://localhost:${port}/v1/sign-in/callback/`;
  const say = (line: string) => process.stderr.write(`sealstream: ${line}\n`);
  const file = (name: string) => join(folder, name);
  const files = { certificateFile: file('server.crt'), keyFile: file('server.key') };
  keycloak = await Keycloak.start(flow.place.tmp, back, say, files);
  const client = keycloak.contents.clients.find(({ id }) => id === 'access');
  writeFileSync(file('client.secret'), client?.secret ?? '', { mode: 0o600 });
  const text = `version: 1
providers:
  - name: access
    title: Keycloak
    issuer: ${keycloak.issuer}
    clientId: access
    clientSecretFile: client.secret
    redirectUri: ${back}access
    rolesClaim: realm_access.roles
    roles: { reader: reader }
    tlsCaFile: clients.crt
`;
  writeFileSync(file('providers.yaml'), text);
  return {
    SEALSTREAM_ACCESS_PORT: String(port),
    SEALSTREAM_ACCESS_OIDC_FILE: file('providers.yaml'),
  };
}

/** A page of somebody new. Whatever it asks of Keycloak is no fault. */
async function newPage(more: Parameters<typeof openPage>[3] = {}): Promise<WatchedPage> {
  return openPage(browser, origin, LOOK, more);
}

const form = (page: Page) => page.getByRole('button', { name: 'Sign in', exact: true });
const cookieOf = async (page: Page, name: string) =>
  (await page.context().cookies()).find((cookie) => cookie.name === name);

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

describe('through Keycloak, over TLS', () => {
  const ACCESS = '__Host-sealstream';
  const PENDING = '__Host-sealstream-sign-in';
  const KEPT = { domain: 'localhost', secure: true, httpOnly: true };
  let page: Page;
  let faults: string[];
  /** The cookie of the session, as a request sends it. */
  let session: string;

  beforeAll(async () => {
    ({ faults, page } = await newPage());
    // The first page that Keycloak shows is made then, which takes a busy machine long.
    page.setDefaultTimeout(100_000);
  });
  afterAll(async () => page?.context().close());

  test('what was begun is kept in a cookie of this host alone, and goes along with the way back', async () => {
    await page.goto(`${origin}/`);
    await page.getByRole('link', { name: 'Sign in with Keycloak' }).click();
    await page.locator('#username').waitFor();
    expect(new URL(page.url()).origin).toBe(new URL(keycloak.issuer).origin);
    const pending = await cookieOf(page, PENDING);
    expect(pending).toMatchObject({ ...KEPT, path: '/', sameSite: 'Lax' });
    expect(await cookieOf(page, ACCESS)).toBeUndefined();
    // Nothing of it is for the provider's page.
    expect(await page.evaluate('document.cookie')).not.toContain('sealstream');
  }, 120_000);

  test('it ends in the console as the account that is linked, with the roles of the claim', async () => {
    const { name, password } = keycloak.contents.analyst;
    await page.locator('#username').fill(name);
    await page.locator('#password').fill(password);
    await page.locator('#kc-login').click();
    await page.locator('.shell').waitFor();
    expect(page.url()).toBe(`${origin}/`);
    expect(await page.locator('.who').textContent()).toBe('Signed in as anareader');
    expect(await stoppedByPolicy(page)).toEqual([]);
    const provider = new URL(keycloak.issuer).origin;
    expect(faults.filter((fault) => !fault.startsWith(`request to ${provider}`))).toEqual([]);
  }, 120_000);

  test('the session is a cookie that no script, no other host and no other site has', async () => {
    const kept = await cookieOf(page, ACCESS);
    expect(kept).toMatchObject({ ...KEPT, path: '/', sameSite: 'Strict' });
    const refresh = await cookieOf(page, '__Secure-sealstream-refresh');
    expect(refresh).toMatchObject({ ...KEPT, path: '/v1/session', sameSite: 'Strict' });
    expect(await cookieOf(page, PENDING)).toBeUndefined();
    expect(await page.evaluate('document.cookie')).toBe('');
    session = `${ACCESS}=${kept?.value ?? ''}`;
    expect((await tls.ask('/v1/me', {}, { headers: { cookie: session } })).json).toMatchObject({
      account: 'ana',
      by: 'session',
    });
    // A link of another site comes without it; one of our own has it.
    const other = await page.context().newPage();
    await other.goto(origin.replace('localhost', '127.0.0.1'));
    await form(other).waitFor();
    const foreign = await answered(other, () =>
      other.evaluate(`location.assign('${origin}/v1/me')`),
    );
    expect(foreign).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED' });
    expect(await answered(other, () => other.goto(`${origin}/v1/me`))).toMatchObject({
      account: 'ana',
      by: 'session',
    });
    await other.close();
  }, 120_000);

  test('signing out takes the cookies, and who kept them is not let in', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await form(page).waitFor();
    for (const name of [ACCESS, '__Secure-sealstream-refresh', PENDING])
      expect([name, await cookieOf(page, name)]).toEqual([name, undefined]);
    const kept = await tls.ask('/v1/me', {}, { headers: { cookie: session } });
    expect([kept.status, kept.code]).toEqual([401, 'SIGN_IN_REFUSED']);
    await page.reload();
    await form(page).waitFor();
  }, 120_000);
});

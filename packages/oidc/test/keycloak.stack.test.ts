import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Keycloak } from '../../../tools/stack/keycloak.ts';
import type { RealmUser } from '../../../tools/stack/keycloak-realm.ts';
import { type Oidc, type OidcProvider, openOidc } from '../src/index.ts';
import { visitKeycloak } from './keycloak-browser.ts';
import { refusalOf } from './refusal.ts';
import { TokenTamperer } from './token-tamperer.ts';

const REDIRECT_BASE = 'https://access.example.com/sign-in/';

let folder: string;
let keycloak: Keycloak;
let oidc: Oidc;

function settings(id: string, more: Partial<OidcProvider> = {}): OidcProvider {
  const client = keycloak.contents.clients.find((one) => one.id === id);
  if (client === undefined) throw new Error(`no client ${id}`);
  return {
    name: id,
    issuer: keycloak.issuer,
    clientId: id,
    clientSecret: client.secret,
    redirectUri: `${REDIRECT_BASE}${id}`,
    rolesClaim: 'realm_access.roles',
    roles: { reader: 'analyst', 'key-keeper': 'key-admin' },
    algorithm: client.algorithm,
    ...more,
  };
}

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** The token with other claims under the old signature. */
function changed(token: string, claims: object): string {
  const [header, body = '', signature] = token.split('.');
  const before = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  return `${header}.${encoded({ ...before, ...claims })}.${signature}`;
}

const open = (...providers: OidcProvider[]) =>
  openOidc({ providers, allowLoopbackHttp: true, timeoutMs: 20_000 });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealstream-keycloak-'));
  const say = (line: string) => process.stderr.write(`sealstream: ${line}\n`);
  keycloak = await Keycloak.start(folder, REDIRECT_BASE, say);
  oidc = open(settings('access'), settings('access-ps'), settings('access-es'));
}, 420_000);

afterAll(async () => {
  await keycloak?.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(() => {
  vi.useRealTimers();
});

async function signIn(user: RealmUser, by: Oidc = oidc, provider = 'access') {
  const { url, pending } = await by.begin(provider);
  return by.finish(pending, await visitKeycloak(url, user));
}

describe('sign-in through Keycloak', () => {
  test('tells two people and their roles apart', async () => {
    const { analyst, keeper } = keycloak.contents;
    const [ana, kim] = [await signIn(analyst), await signIn(keeper)];
    expect(ana).toMatchObject({ issuer: keycloak.issuer, name: 'ana', roles: ['analyst'] });
    expect(kim).toMatchObject({ issuer: keycloak.issuer, name: 'kim', roles: ['key-admin'] });
    expect(ana.subject).not.toBe(kim.subject);
    // The same person is the same subject each time.
    expect((await signIn(analyst)).subject).toBe(ana.subject);
  });

  test('takes roles from groups where that is configured', async () => {
    const roles = { keepers: 'key-admin' };
    const grouped = open(settings('access', { rolesClaim: 'groups', roles }));
    expect((await signIn(keycloak.contents.keeper, grouped)).roles).toEqual(['key-admin']);
    expect((await signIn(keycloak.contents.analyst, grouped)).roles).toEqual([]);
  });

  test.each(['access-ps', 'access-es'])('verifies the signatures of client %s', async (name) => {
    const identity = await signIn(keycloak.contents.analyst, oidc, name);
    expect(identity).toMatchObject({ provider: name, name: 'ana', roles: ['analyst'] });
  });

  test('refuses a token with another algorithm than the pinned one', async () => {
    const pinned = open(settings('access', { algorithm: 'ES256' }));
    const error = await refusalOf(signIn(keycloak.contents.analyst, pinned));
    expect(error.place).toEqual({ reason: 'algorithm' });
  });

  test('lets nobody in with a wrong password', async () => {
    const { url } = await oidc.begin('access');
    const wrong = { name: 'ana', password: 'wrong' };
    await expect(visitKeycloak(url, wrong)).rejects.toThrow('does not let them in');
  });

  test('is held to PKCE by Keycloak itself', async () => {
    const { url, pending } = await oidc.begin('access');
    const plain = new URL(url);
    plain.searchParams.delete('code_challenge');
    plain.searchParams.delete('code_challenge_method');
    const page = await fetch(plain, { redirect: 'manual' });
    const error = await refusalOf(oidc.finish(pending, page.headers.get('location') ?? ''));
    expect(error.code).toBe('OIDC_REFUSED');
  });
});

describe('a sign-in through Keycloak is refused', () => {
  test('with another state, and the right one then counts', async () => {
    const { url, pending } = await oidc.begin('access');
    const came = await visitKeycloak(url, keycloak.contents.analyst);
    const other = new URL(came);
    other.searchParams.set('state', 's'.repeat(43));
    const error = await refusalOf(oidc.finish(pending, other.href));
    expect([error.code, error.place]).toEqual(['SIGN_IN_REFUSED', { reason: 'state' }]);
    expect(await oidc.finish(pending, came)).toMatchObject({ name: 'ana' });
  });

  test('with another nonce', async () => {
    const { url, pending } = await oidc.begin('access');
    const came = await visitKeycloak(url, keycloak.contents.analyst);
    const error = await refusalOf(oidc.finish({ ...pending, nonce: 'n'.repeat(43) }, came));
    expect([error.code, error.place]).toEqual(['SIGN_IN_REFUSED', { claim: 'nonce' }]);
  });

  test('with a code that was used', async () => {
    const { url, pending } = await oidc.begin('access');
    const came = await visitKeycloak(url, keycloak.contents.analyst);
    expect(await oidc.finish(pending, came)).toMatchObject({ name: 'ana' });
    const error = await refusalOf(oidc.finish(pending, came));
    const place = { reason: 'the code does not count' };
    expect([error.code, error.place]).toEqual(['SIGN_IN_REFUSED', place]);
  });

  test('with an answer of another issuer, since Keycloak names its own', async () => {
    const { url, pending } = await oidc.begin('access');
    const came = new URL(await visitKeycloak(url, keycloak.contents.analyst));
    expect(came.searchParams.get('iss')).toBe(keycloak.issuer);
    came.searchParams.delete('iss');
    const error = await refusalOf(oidc.finish(pending, came.href));
    expect(error.place).toEqual({ reason: 'issuer of the answer' });
  });

  test('after ten minutes', async () => {
    const { url, pending } = await oidc.begin('access');
    const came = await visitKeycloak(url, keycloak.contents.analyst);
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 600_001);
    const error = await refusalOf(oidc.finish(pending, came));
    expect(error.place).toEqual({ reason: 'it took too long' });
    vi.useRealTimers();
    expect(await oidc.finish(pending, came)).toMatchObject({ name: 'ana' });
  });

  test('with a wrong client secret, and that is told as a matter of settings', async () => {
    const wrong = open(settings('access', { clientSecret: 'wrong' }));
    const error = await refusalOf(signIn(keycloak.contents.analyst, wrong));
    expect(error.code).toBe('OIDC_REFUSED');
  });

  test('while Keycloak hangs, as one that is away', async () => {
    const impatient = openOidc({
      providers: [settings('access')],
      allowLoopbackHttp: true,
      timeoutMs: 1_000,
    });
    keycloak.hang(true);
    try {
      expect((await refusalOf(impatient.begin('access'))).code).toBe('OIDC_UNREACHABLE');
    } finally {
      keycloak.hang(false);
    }
  });
});

describe('somebody between us and Keycloak', () => {
  let between: TokenTamperer;
  let through: Oidc;

  beforeAll(async () => {
    between = await TokenTamperer.start(new URL(keycloak.issuer).origin);
    // Keycloak calls itself as it is called, so all of the flow goes by the one between.
    const { pathname } = new URL(keycloak.issuer);
    through = open(settings('access', { issuer: `${between.origin}${pathname}` }));
  });
  afterAll(() => between?.stop());

  test.each<[string, (token: string) => string, object]>([
    [
      'another subject',
      (token) => changed(token, { sub: 'somebody-else' }),
      { reason: 'signature' },
    ],
    [
      'another role',
      (token) => changed(token, { realm_access: { roles: ['key-keeper'] } }),
      { reason: 'signature' },
    ],
    [
      'no signature and no algorithm',
      (token) => `${encoded({ alg: 'none' })}.${token.split('.')[1]}.`,
      { reason: 'algorithm' },
    ],
    ['half of a signature', (token) => token.slice(0, -100), { reason: 'signature' }],
  ])('cannot give an ID token %s', async (_what, tamper, place) => {
    between.tamper = (token) => token;
    const honest = await signIn(keycloak.contents.analyst, through);
    expect(honest).toMatchObject({ name: 'ana', roles: ['analyst'] });
    between.tamper = tamper;
    const error = await refusalOf(signIn(keycloak.contents.analyst, through));
    expect([error.code, error.place]).toEqual(['SIGN_IN_REFUSED', place]);
    expect(between.tampered).toBeGreaterThan(0);
  });

  test('cannot hand on a token of today for a sign-in of its own', async () => {
    let stolen = '';
    between.tamper = (token) => (stolen = token);
    await signIn(keycloak.contents.keeper, through);
    between.tamper = () => stolen;
    const error = await refusalOf(signIn(keycloak.contents.analyst, through));
    expect(error.place).toEqual({ claim: 'nonce' });
  });
});

test('Keycloak leaves no listener on other addresses, and no password in its folder', () => {
  const log = readFileSync(join(folder, 'keycloak.log'), 'utf8');
  expect(log).toContain('Listening on: http://127.0.0.1:');
  expect(log).not.toContain('server listening on *');
  expect(log).not.toContain(keycloak.contents.analyst.password);
});

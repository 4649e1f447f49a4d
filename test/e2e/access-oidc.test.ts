// People sign in to the running service through a real Keycloak: by links and forms as a browser follows
// them, and once in Debian's Chromium.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  openBrowser,
  openPage,
  stoppedByPolicy,
} from '../../packages/console/test/watched-page.ts';
import { any, asked } from './second-person.ts';
import { until } from './running-flow.ts';
import {
  access,
  ANN,
  atTheDoor,
  AWAY,
  BEN,
  byCookie,
  call,
  events,
  HERE,
  keycloak,
  link,
  refusalOf,
  reveal,
  session,
  signIn,
  subjects,
  together,
  token,
  told,
  visit,
  useOidcAccess,
} from './oidc-access.ts';

useOidcAccess();

test('providers are listed by name and title, to whoever asks', async () => {
  const { json } = await call(undefined, 'GET /v1/sign-in');
  expect(json).toEqual({
    providers: [
      { name: HERE, title: 'Keycloak' },
      { name: AWAY, title: 'Nobody' },
    ],
  });
});

describe('somebody whom Keycloak knows', () => {
  test('is refused while no account is linked, and found on the audit log without any token', async () => {
    const { analyst } = keycloak.contents;
    const { came, cookies } = await atTheDoor(analyst);
    const turned = await visit(came, cookies);
    const refused = told(turned);
    expect(refused).toMatchObject({ problem: 'SIGN_IN_REFUSED', why: 'unlinked' });
    expect(turned.set).toEqual([]);
    const details = await refusalOf(refused.request);
    expect(details).toEqual({
      by: 'oidc',
      why: 'unlinked',
      provider: HERE,
      subject: expect.stringMatching(/^[0-9a-f-]{36}$/),
      address: '127.0.0.1',
      request: refused.request,
    });
    const text = JSON.stringify(await events());
    const query = new URL(came).searchParams;
    for (const secret of [query.get('code'), query.get('state'), cookies.split('=')[1]])
      expect([secret?.length, text.includes(String(secret))]).not.toContain(true);
  });

  test('is linked by two administrators, also where the account has no role, and to one account', async () => {
    await link(keycloak.contents.analyst);
    await link(keycloak.contents.keeper);
    const taken = `PUT /v1/users/dan/identities/${HERE}/${subjects.get('ana')}`;
    expect(asked(await together(ANN, BEN, taken, undefined, any))).toEqual([409, 'IDENTITY_TAKEN']);
    const strange = 'PUT /v1/users/dan/identities/nobody/x';
    expect(asked(await together(ANN, BEN, strange, undefined, any))).toEqual([
      404,
      'OIDC_PROVIDER_UNKNOWN',
    ]);
    const stale = { 'if-match': '"1"' };
    const line = `PUT /v1/users/ana/identities/${HERE}/other`;
    expect(asked(await together(ANN, BEN, line, undefined, stale))).toEqual([
      412,
      'VERSION_CHANGED',
    ]);
    expect(asked(await call(ANN, line))).toEqual([428, 'VERSION_MISSING']);
  });

  test('may what the claim gives, in that session alone and renewed, and no more than that', async () => {
    const cookies = await session(keycloak.contents.analyst);
    const { json } = await byCookie(cookies, 'GET /v1/me');
    expect(json).toMatchObject({
      account: 'ana',
      person: 'ana',
      by: 'session',
      roles: ['analyst'],
    });
    expect((await reveal(cookies)).json).toEqual({ values: [{ type: 'string', value: 'Ada' }] });
    expect(asked(await byCookie(cookies, 'GET /v1/users'))).toEqual([403, 'ACCESS_DENIED']);

    const renewed = await fetch(`${access.base}/v1/session/refresh`, {
      method: 'POST',
      headers: {
        cookie: cookies,
        'x-sealstream-console': '1',
        'content-type': 'application/json',
      },
      body: '{}',
    });
    expect(await renewed.json()).toMatchObject({ account: 'ana', roles: ['analyst'] });
    const next = renewed.headers.getSetCookie().map((one) => one.split(';')[0] ?? '');
    expect((await reveal(next.join('; '))).status).toBe(200);

    const kim = await session(keycloak.contents.keeper);
    expect(asked(await reveal(kim))).toEqual([403, 'ACCESS_DENIED']);
    // A key of the account has the account's own roles, and it has none.
    const scopes = { actions: ['*'], datasets: ['*'] };
    const own = { owner: 'ana', name: 'job', scopes, lifeMs: 60_000 };
    const key = await access.accounts.apiKeys.create(own);
    const program = { bearer: key.text };
    expect((await call(program, 'GET /v1/me')).json).toMatchObject({ account: 'ana', roles: [] });
    const made = { name: 'mine', days: 1, scopes: { actions: ['reveal'], datasets: ['people'] } };
    expect(asked(await byCookie(next.join('; '), 'POST /v1/api-keys', made))).toEqual([
      422,
      'SCOPE_BEYOND_ROLES',
    ]);
  });

  test('has roles of a claim beside those of the account, and approves with them', async () => {
    const kim = await session(keycloak.contents.keeper);
    const line = 'PUT /v1/users/kim/roles/reader';
    const first = await call(ANN, line, undefined, any);
    const { approval, digest } = first.json['place'] as Record<string, string>;
    const given = await byCookie(kim, `POST /v1/approvals/${approval}/approve`, { digest });
    expect(given.json).toMatchObject({ state: 'approved', approvedBy: 'kim' });
    const used = { ...any, 'x-sealstream-approval': approval ?? '' };
    expect((await call(ANN, line, undefined, used)).status).toBe(200);
    // The account's own role holds in the session that there is.
    expect((await byCookie(kim, 'GET /v1/me')).json).toMatchObject({
      roles: ['reader', 'checker'],
    });
    await until(async () =>
      (await events()).some(
        ({ actor, details, type }) =>
          type === 'signed-in' &&
          actor === 'kim' &&
          details['by'] === 'oidc' &&
          details['roles'] === 'checker' &&
          details['subject'] === subjects.get('kim'),
      ),
    );
  });

  test('gets cookies that no script and no other site has, and takes none along to the provider', async () => {
    const begun = await visit(`/v1/sign-in/${HERE}`);
    expect(begun.set).toEqual([
      expect.stringMatching(
        /^sealstream-sign-in=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    const url = new URL(begun.location);
    expect(`${url.origin}${url.pathname}`).toMatch(new RegExp(`^${keycloak.issuer}/`));
    expect(url.href).not.toContain(begun.cookies.split('=')[1]);
    const { set } = await signIn(keycloak.contents.analyst);
    const kept = set.filter((one) => !one.startsWith('sealstream-sign-in='));
    expect(kept).toHaveLength(2);
    for (const one of kept) expect(one).toContain('HttpOnly; SameSite=Strict');
    expect(set.find((one) => one.startsWith('sealstream-sign-in='))).toContain('Max-Age=0');
  });
});

describe('a sign-in is refused', () => {
  const NOT_BEGUN = { problem: 'SIGN_IN_REFUSED', why: 'not-begun' };

  test('in another browser than began it, and then still counts in its own', async () => {
    const { analyst, keeper } = keycloak.contents;
    const [mine, foreign] = [await atTheDoor(analyst), await atTheDoor(keeper)];
    // Somebody is made to follow the link of another: with no cookie, and with that of an own sign-in.
    for (const cookies of ['', foreign.cookies, 'sealstream-sign-in=x'])
      expect(told(await visit(mine.came, cookies))).toMatchObject(NOT_BEGUN);
    expect((await visit(mine.came, mine.cookies)).location).toBe('/');
    expect((await visit(foreign.came, foreign.cookies)).location).toBe('/');
  });

  test('the second time', async () => {
    const { came, cookies } = await atTheDoor(keycloak.contents.analyst);
    const both = await Promise.all([visit(came, cookies), visit(came, cookies)]);
    expect(both.map(({ location }) => location).filter((one) => one === '/')).toHaveLength(1);
    expect(told(await visit(came, cookies))).toMatchObject(NOT_BEGUN);
  });

  test('at the address of another provider, with another code, and with an error of the provider', async () => {
    const { analyst } = keycloak.contents;
    const other = await atTheDoor(analyst);
    const astray = other.came.replace(`callback/${HERE}`, `callback/${AWAY}`);
    expect(told(await visit(astray, other.cookies))).toMatchObject(NOT_BEGUN);
    const wrong = await atTheDoor(analyst);
    const url = new URL(wrong.came);
    url.searchParams.set('code', 'a.b.c');
    const refused = told(await visit(url.href, wrong.cookies));
    expect(refused).toEqual({ problem: 'SIGN_IN_REFUSED', request: refused.request });
    expect(await refusalOf(refused.request)).toMatchObject({ rule: 'the code does not count' });
    const denied = await atTheDoor(analyst);
    const state = new URL(denied.came).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ state, error: 'access_denied', iss: keycloak.issuer });
    const answer = `/v1/sign-in/callback/${HERE}?${query.toString()}`;
    expect(told(await visit(answer, denied.cookies))).toMatchObject({ problem: 'SIGN_IN_REFUSED' });
  });

  test('when a page of another site begins it, or nobody has such a provider', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    const turned = await visit(`/v1/sign-in/${HERE}`, '', foreign);
    expect(told(turned)).toMatchObject({ problem: 'SIGN_IN_REFUSED' });
    expect(turned.set).toEqual([]);
    const unknown = { problem: 'OIDC_PROVIDER_UNKNOWN' };
    for (const path of ['/v1/sign-in/none', '/v1/sign-in/callback/none'])
      expect(told(await visit(path))).toMatchObject(unknown);
  });

  test('of a user who is disabled', async () => {
    const { keeper } = keycloak.contents;
    const before = await session(keeper);
    expect((await call(ANN, 'POST /v1/users/kim/disable', undefined, any)).status).toBe(200);
    const refused = told(await signIn(keeper));
    expect(refused).toEqual({ problem: 'SIGN_IN_REFUSED', request: refused.request });
    expect(await refusalOf(refused.request)).toMatchObject({ account: 'kim' });
    expect((await byCookie(before, 'GET /v1/me')).status).toBe(401);
    expect((await call(ANN, 'POST /v1/users/kim/enable', undefined, any)).status).toBe(200);
  });
});

describe('what is taken', () => {
  test('at Keycloak is gone at the next sign-in', async () => {
    const { analyst } = keycloak.contents;
    await keycloak.setRole(analyst, false);
    try {
      const cookies = await session(analyst);
      expect((await byCookie(cookies, 'GET /v1/me')).json).toMatchObject({ roles: [] });
      expect(asked(await reveal(cookies))).toEqual([403, 'ACCESS_DENIED']);
    } finally {
      await keycloak.setRole(analyst, true);
    }
    expect((await reveal(await session(analyst))).status).toBe(200);
  });

  test('as an identity ends the session at once, with a second person where the account has roles', async () => {
    const { analyst, keeper } = keycloak.contents;
    const [ana, kim] = [await session(analyst), await session(keeper)];
    const of = (name: string) => `/v1/users/${name}/identities/${HERE}/${subjects.get(name)}`;
    expect((await call(ANN, `DELETE ${of('ana')}`, undefined, any)).json).toMatchObject({
      identities: [],
    });
    expect(asked(await reveal(ana))).toEqual([401, 'SIGN_IN_REFUSED']);
    expect(told(await signIn(analyst))).toMatchObject({ why: 'unlinked' });
    const taken = await together(ANN, BEN, `DELETE ${of('kim')}`, undefined, any);
    expect(taken.json).toMatchObject({ identities: [] });
    expect((await byCookie(kim, 'GET /v1/me')).status).toBe(401);
    await link(analyst);
  });
});

test('in a browser: a button, the form of Keycloak, and the console', async () => {
  const browser = await openBrowser();
  try {
    const look = { width: 1280, scheme: 'light' } as const;
    const { faults, page } = await openPage(browser, access.base, look);
    await page.goto(`${access.base}/`);
    await page.getByRole('link', { name: 'Sign in with Keycloak' }).click();
    const { name, password } = keycloak.contents.analyst;
    await page.locator('#username').fill(name);
    await page.locator('#password').fill(password);
    await page.locator('#kc-login').click();
    await page.locator('.shell').waitFor();
    expect(page.url()).toBe(`${access.base}/`);
    await page.goto(`${access.base}/#/reveal`);
    await page.getByRole('combobox', { name: 'Field' }).selectOption('/name');
    await page.getByLabel('Tokens from').fill(token);
    await page.getByRole('button', { name: 'Reveal …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Purpose').selectOption('fraud');
    await dialog.getByRole('button', { name: 'Reveal' }).click();
    await page.getByText('Ada', { exact: true }).waitFor();
    expect(await stoppedByPolicy(page)).toEqual([]);
    // Pages of Keycloak are its own business.
    const provider = new URL(keycloak.issuer).origin;
    expect(faults.filter((fault) => !fault.startsWith(`request to ${provider}`))).toEqual([]);
    const kept = await page.context().cookies();
    expect(kept.map((cookie) => cookie.name)).not.toContain('sealstream-sign-in');
  } finally {
    await browser.close();
  }
}, 120_000);

describe('while a provider is away', () => {
  test('that is told, and whoever has a password gets in', async () => {
    const refused = told(await visit(`/v1/sign-in/${AWAY}`));
    expect(refused).toEqual({ problem: 'OIDC_UNREACHABLE', request: refused.request });
    const details = await refusalOf(refused.request);
    expect(details).toMatchObject({ why: 'away', code: 'OIDC_UNREACHABLE', provider: AWAY });
    expect((await call(ANN, 'GET /v1/me')).status).toBe(200);
  });

  test('in the middle of a sign-in, that ends in time', async () => {
    const { came, cookies } = await atTheDoor(keycloak.contents.analyst);
    keycloak.hang(true);
    try {
      const [turned, me] = await Promise.all([visit(came, cookies), call(ANN, 'GET /v1/me')]);
      expect(told(turned)).toMatchObject({ problem: 'OIDC_UNREACHABLE' });
      expect(me.status).toBe(200);
    } finally {
      keycloak.hang(false);
    }
    // A code was sent, and whether it counted is not known: nothing is tried twice.
    expect(told(await visit(came, cookies))).toMatchObject({ why: 'not-begun' });
  });
});

test('one address cannot fill Redis with sign-ins that never end, nor keep passwords out', async () => {
  let begun = 0;
  let last = await visit(`/v1/sign-in/${HERE}`);
  for (; last.location.startsWith(keycloak.issuer) && begun < 40; begun += 1)
    last = await visit(`/v1/sign-in/${HERE}`);
  expect(begun).toBeLessThanOrEqual(20);
  expect(told(last)).toMatchObject({ problem: 'TOO_MANY_REQUESTS' });
  expect((await call(ANN, 'GET /v1/me')).status).toBe(200);
});

test('the service says nothing of a provider, a code or a secret in its log', () => {
  const log = readFileSync(access.service.log, 'utf8');
  const secrets = keycloak.contents.clients.map(({ secret }) => secret);
  for (const text of [...secrets, keycloak.contents.analyst.password, 'code='])
    expect([text, log.includes(text)]).toEqual([text, false]);
});

import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostileProvider, json, signed, signingKey } from './hostile-provider.ts';
import { openFor, refusalAfter, refusalOf, signIn } from './refusal.ts';

const DISCOVERY = '/.well-known/openid-configuration';

let provider: HostileProvider;
beforeEach(async () => {
  provider = await HostileProvider.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await provider.close();
});

describe('what a browser brings back', () => {
  const change = (changed: Record<string, string | undefined>) => (it: HostileProvider) => {
    it.answer = (honest) => {
      for (const [name, value] of Object.entries(changed))
        if (value === undefined) honest.delete(name);
        else honest.set(name, value);
      return honest;
    };
  };
  test.each<[string, Record<string, string | undefined>, string]>([
    ['another state', { state: 's'.repeat(43) }, 'state'],
    ['no state', { state: undefined }, 'state'],
    ['another issuer', { iss: 'https://other.example.com' }, 'issuer of the answer'],
    ['no issuer, which the provider said it gives', { iss: undefined }, 'issuer of the answer'],
    ['a code that was never given', { code: 'c'.repeat(32) }, 'the code does not count'],
    ['no code', { code: undefined }, 'not as the standard has it'],
    ['an ID token from the browser', { id_token: 'a.b.c' }, 'not as the standard has it'],
    ['a signed answer', { response: 'a.b.c' }, 'not as the standard has it'],
    ['the word that they may not', { error: 'access_denied' }, 'the provider did not let them in'],
    ['a query without an end', { x: 'x'.repeat(9_000) }, 'the answer is none'],
  ])('is refused with %s', async (_what, changed, reason) => {
    const error = await refusalAfter(provider, change(changed));
    expect(error.code).toBe('SIGN_IN_REFUSED');
    expect(error.place).toEqual({ reason });
  });

  test('is refused with two states', async () => {
    const error = await refusalAfter(provider, (it) => {
      it.answer = (honest) => {
        honest.append('state', 'other');
        return honest;
      };
    });
    expect(error.place).toEqual({ reason: 'state' });
  });

  test('quotes nothing that the provider said with its error', async () => {
    const told = {
      error: 'server_error',
      error_description: 'canary-4711',
      error_uri: 'canary-4712',
    };
    const error = await refusalAfter(provider, change(told));
    expect(error.code).toBe('OIDC_UNREACHABLE');
    expect(`${error.stack}`).not.toContain('canary');
  });

  test('is refused at the address of another provider', async () => {
    const oidc = openFor(provider);
    const { url, pending } = await oidc.begin('one');
    const came = provider.visit(url);
    const error = await refusalOf(oidc.finish(pending, came.replace('/one?', '/two?')));
    expect(error.place).toEqual({ reason: 'the answer came to another address' });
    // The control: the same answer counts where it belongs, also behind a proxy.
    const behind = came.replace('https://access.example.com', 'http://10.0.0.1:8080');
    expect(await oidc.finish(pending, behind)).toMatchObject({ subject: 'user-1' });
  });

  test('counts once: the same code is refused the second time', async () => {
    const oidc = openFor(provider);
    const { url, pending } = await oidc.begin('one');
    const came = provider.visit(url);
    expect(await oidc.finish(pending, came)).toMatchObject({ subject: 'user-1' });
    const error = await refusalOf(oidc.finish(pending, came));
    expect(error.code).toBe('SIGN_IN_REFUSED');
    expect(error.place).toEqual({ reason: 'the code does not count' });
  });

  test('is refused with what was kept for another browser', async () => {
    const oidc = openFor(provider);
    const [mine, other] = [await oidc.begin('one'), await oidc.begin('one')];
    const error = await refusalOf(oidc.finish(other.pending, provider.visit(mine.url)));
    expect(error.place).toEqual({ reason: 'state' });
    const mixed = { ...mine.pending, nonce: other.pending.nonce };
    const nonce = await refusalOf(oidc.finish(mixed, provider.visit(mine.url)));
    expect(nonce.place).toEqual({ claim: 'nonce' });
    const verifier = { ...mine.pending, codeVerifier: other.pending.codeVerifier };
    const pkce = await refusalOf(oidc.finish(verifier, provider.visit(mine.url)));
    expect(pkce.place).toEqual({ reason: 'the code does not count' });
    expect(await oidc.finish(mine.pending, provider.visit(mine.url))).toMatchObject({
      name: 'ana',
    });
  });
});

describe('the token endpoint', () => {
  test('cannot make memory run out with an ID token of 1 MiB', async () => {
    const error = await refusalAfter(provider, (it) => {
      it.claims = (honest) => ({ ...honest, padding: 'x'.repeat(2 ** 20) });
    });
    expect(error.code).toBe('OIDC_REFUSED');
    expect(error.place).toEqual({ reason: 'an answer over 256 KiB' });
  });

  test.each<[string, Record<string, unknown>]>([
    ['without an ID token', { id_token: undefined }],
    ['with an ID token that is none', { id_token: 'a.b' }],
    ['with an ID token that is a number', { id_token: 5 }],
    ['without an access token', { access_token: undefined }],
  ])('is refused %s', async (_what, changed) => {
    const error = await refusalAfter(provider, (it) => {
      it.tokens = (honest) => ({ ...honest, ...changed });
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
  });

  test.each([
    ['invalid_client', 401],
    ['invalid_client', 400],
    ['unauthorized_client', 400],
  ])('that says %s with %i is told as a matter of settings', async (word, status) => {
    const error = await refusalAfter(provider, (it) => {
      it.instead.set('/token', json({ error: word, error_description: 'canary-4711' }, status));
    });
    expect(error.code).toBe('OIDC_REFUSED');
    expect(`${error.stack}`).not.toContain('canary');
  });

  test.each([408, 429, 500, 503])('that answers %i counts as away', async (status) => {
    const error = await refusalAfter(provider, (it) => {
      it.instead.set('/token', json({ error: 'invalid_grant' }, status));
    });
    expect(error.code).toBe('OIDC_UNREACHABLE');
    expect(error.place).toEqual({ httpStatus: status });
  });

  test('refuses a client with another secret, and that is told', async () => {
    const open = () => openFor(provider);
    await refusalAfter(provider, (it) => it.instead.set('/token', json({}, 503)), { open });
    provider.instead.clear();
    const wrong = openFor(provider, { clientSecret: 'another secret' });
    const error = await refusalOf(signIn(wrong, provider));
    expect(error.code).toBe('OIDC_REFUSED');
    expect(error.place).toEqual({ reason: 'client id or secret' });
  });
});

describe('an answer', () => {
  const elsewhere = (path: string) => (it: HostileProvider) => {
    it.instead.set(path, (_request, response) => {
      response.writeHead(302, { location: `${it.issuer}/elsewhere` });
      response.end();
    });
  };
  test.each([DISCOVERY, '/keys', '/token'])(
    'of %s that leads elsewhere is not followed',
    async (path) => {
      const error = await refusalAfter(provider, elsewhere(path), { afresh: true });
      expect(error.code).toBe('OIDC_REFUSED');
      expect(provider.asked).not.toContain('/elsewhere');
    },
  );

  test.each([DISCOVERY, '/keys', '/token'])('of %s that is no JSON is refused', async (path) => {
    const plant = (it: HostileProvider) => {
      it.instead.set(path, (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"canary-4711');
      });
    };
    const error = await refusalAfter(provider, plant, { afresh: true });
    expect(['OIDC_REFUSED', 'SIGN_IN_REFUSED']).toContain(error.code);
    expect(`${error.stack}`).not.toContain('canary');
  });

  const slowly: [string, (response: ServerResponse) => NodeJS.Timeout][] = [
    ['byte by byte', (response) => setInterval(() => response.write(' '), 100)],
    ['and never begins', (response) => setInterval(() => response.headersSent, 100)],
    [
      'in headers without an end',
      (response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\n');
        return setInterval(() => response.socket?.write('x-header: value\r\n'), 100);
      },
    ],
  ];
  test.each(
    slowly.flatMap(([how, drip]) =>
      [DISCOVERY, '/keys', '/token'].map((path) => ({ how, drip, path })),
    ),
  )('of $path that comes $how ends in time', async ({ drip, path }) => {
    let timer: NodeJS.Timeout | undefined;
    const plant = (it: HostileProvider) => {
      it.instead.set(path, (_request, response) => {
        timer = drip(response);
      });
    };
    // Time enough for the control, and little for what comes slowly.
    const timeouts = [5_000, 500];
    const open = () => openFor(provider, {}, timeouts.shift());
    const error = await refusalAfter(provider, plant, { open, afresh: true });
    clearInterval(timer);
    expect(error.code).toBe('OIDC_UNREACHABLE');
    expect(error.place).toEqual({ reason: 'no answer in time' });
    expect(timeouts).toEqual([]);
  });

  test('without an end is cut off', async () => {
    const plant = (it: HostileProvider) => {
      it.instead.set('/keys', (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = (): void => {
          while (!response.destroyed && response.write(' '.repeat(65_536)));
        };
        response.on('drain', more);
        more();
      });
    };
    const error = await refusalAfter(provider, plant, { afresh: true });
    expect(error.place).toEqual({ reason: 'an answer over 256 KiB' });
  });

  test('that ends before its length is no answer', async () => {
    const plant = (it: HostileProvider) => {
      it.instead.set('/token', (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{}');
        setTimeout(() => response.destroy(), 50);
      });
    };
    expect((await refusalAfter(provider, plant)).code).toBe('OIDC_UNREACHABLE');
  });
});

describe('a key set', () => {
  test('of 10,000 keys is not read', async () => {
    const { jwk } = provider.key;
    const keys = Array.from({ length: 10_000 }, (_, index) => ({ ...jwk, kid: `key-${index}` }));
    const error = await refusalAfter(provider, (it) => (it.keys = keys), { afresh: true });
    expect(error.code).toBe('OIDC_REFUSED');
    expect(error.place).toEqual({ reason: 'an answer over 256 KiB' });
  });

  test('is asked for once, and again for a new key after a minute, not before', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const oidc = openFor(provider);
    for (let round = 0; round < 3; round += 1) await signIn(oidc, provider);
    expect(provider.times('/keys')).toBe(1);
    provider.key = await signingKey('RS256', 'key-2');
    expect((await refusalOf(signIn(oidc, provider))).place).toEqual({ reason: 'no such key' });
    expect(provider.times('/keys')).toBe(1);
    vi.setSystemTime(Date.now() + 61_000);
    expect(await signIn(oidc, provider)).toMatchObject({ subject: 'user-1' });
    expect(provider.times('/keys')).toBe(2);
  });

  test('lets a key that was withdrawn serve for five minutes at most', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const oidc = openFor(provider);
    await signIn(oidc, provider);
    const withdrawn = provider.key;
    provider.key = await signingKey('RS256', 'key-2');
    provider.sign = (claims) => signed(claims, withdrawn);
    vi.setSystemTime(Date.now() + 301_000);
    expect((await refusalOf(signIn(oidc, provider))).place).toEqual({ reason: 'no such key' });
  });
});

describe('a discovery document', () => {
  const naming = (changed: object) => (it: HostileProvider) => {
    it.discovery = (honest) => ({ ...honest, ...changed });
  };
  test.each<[string, (issuer: string) => object]>([
    ['another issuer', () => ({ issuer: 'https://other.example.com' })],
    ['an issuer with a slash behind', (issuer) => ({ issuer: `${issuer}/` })],
    ['an issuer in other letters', (issuer) => ({ issuer: issuer.replace('http', 'HTTP') })],
    ['an issuer for many tenants', () => ({ issuer: 'https://x.example.com/{tenantid}/v2.0' })],
    ['no issuer', () => ({ issuer: undefined })],
    ['keys without TLS', () => ({ jwks_uri: 'http://keys.example.com/' })],
    ['keys in a file', () => ({ jwks_uri: 'file:///etc/passwd' })],
    ['no keys', () => ({ jwks_uri: undefined })],
    ['tokens without TLS', () => ({ token_endpoint: 'http://tokens.example.com/' })],
    ['a script to sign in with', () => ({ authorization_endpoint: 'javascript:alert(1)' })],
    ['a user in an address', () => ({ token_endpoint: 'https://u:p@example.com/' })],
    ['no PKCE but plain', () => ({ code_challenge_methods_supported: ['plain'] })],
  ])('is refused with %s', async (_what, changed) => {
    const plant = naming(changed(provider.issuer));
    const error = await refusalAfter(provider, plant, { afresh: true });
    expect(error.code).toBe('OIDC_REFUSED');
  });

  test('is asked for once an hour', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const oidc = openFor(provider);
    await Promise.all(Array.from({ length: 5 }, () => oidc.begin('one')));
    expect(provider.times(DISCOVERY)).toBe(1);
    vi.advanceTimersByTime(3_600_001);
    await oidc.begin('one');
    expect(provider.times(DISCOVERY)).toBe(2);
  });

  test('that could not be had is asked for again after five seconds, not before', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const oidc = openFor(provider);
    provider.instead.set(DISCOVERY, json({}, 503));
    for (let round = 0; round < 5; round += 1)
      expect((await refusalOf(oidc.begin('one'))).code).toBe('OIDC_UNREACHABLE');
    expect(provider.times(DISCOVERY)).toBe(1);
    provider.instead.clear();
    vi.advanceTimersByTime(5_001);
    expect(await signIn(oidc, provider)).toMatchObject({ subject: 'user-1' });
  });
});

test('a provider that is gone is told as away', async () => {
  const oidc = openFor(provider);
  const { url, pending } = await oidc.begin('one');
  const came = provider.visit(url);
  await provider.close();
  const error = await refusalOf(oidc.finish(pending, came));
  expect(error.code).toBe('OIDC_UNREACHABLE');
  expect(error.place).toEqual({ reason: 'ECONNREFUSED' });
  expect((await refusalOf(openFor(provider).begin('one'))).code).toBe('OIDC_UNREACHABLE');
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OidcProvider, openOidc } from '../src/index.ts';
import { HostileProvider } from './hostile-provider.ts';
import { refusalOf, settingsFor, signIn } from './refusal.ts';

const ISSUER = 'https://id.example.com/tenant';

describe('the settings of a provider', () => {
  const opened = (more: Partial<OidcProvider>) => async () =>
    openOidc({ providers: [settingsFor(ISSUER, more)] });

  test('hold as they are meant', async () => {
    expect((await opened({})()).providers).toEqual(['one']);
  });

  test.each<[string, Partial<OidcProvider>]>([
    ['a name with a slash', { name: 'a/b' }],
    ['an issuer without TLS', { issuer: 'http://id.example.com' }],
    ['an issuer on this machine without TLS', { issuer: 'http://127.0.0.1:1/x' }],
    ['an issuer with a query', { issuer: `${ISSUER}?x=1` }],
    ['an issuer with a password', { issuer: 'https://u:secret-4711@id.example.com' }],
    ['an issuer that is no address', { issuer: 'id.example.com' }],
    ['a redirect without TLS', { redirectUri: 'http://access.example.com/x' }],
    ['a redirect with a fragment', { redirectUri: 'https://access.example.com/x#y' }],
    ['no client', { clientId: '' }],
    ['no secret', { clientSecret: '' }],
    ['scopes without openid', { scopes: ['profile'] }],
    ['no algorithm at all', { algorithm: 'none' as 'RS256' }],
    ['an algorithm with a shared secret', { algorithm: 'HS256' as 'RS256' }],
    ['no path to the roles', { rolesClaim: 'a..b' }],
    ['an empty role', { roles: { x: '' } }],
  ])('are refused with %s, and no value is told', async (_what, more) => {
    const error = await refusalOf(opened(more)());
    expect(error.code).toBe('CONFIG_INVALID');
    expect(`${error.stack}`).not.toMatch(/4711|id\.example\.com/);
  });

  test('are refused when two share a name or an address to come back to', async () => {
    const one = settingsFor(ISSUER);
    for (const two of [
      { ...one, redirectUri: 'https://access.example.com/sign-in/two' },
      { ...one, name: 'two' },
    ]) {
      const error = await refusalOf((async () => openOidc({ providers: [one, two] }))());
      expect(error.code).toBe('CONFIG_INVALID');
    }
  });

  test('allow no plain HTTP beyond this machine, not even for tests', async () => {
    for (const issuer of [
      'http://10.0.0.1/x',
      'http://localhost.example.com',
      'http://127.0.0.1.nip.io',
    ]) {
      const providers = [settingsFor(issuer)];
      const open = async () => openOidc({ providers, allowLoopbackHttp: true });
      expect((await refusalOf(open())).code).toBe('CONFIG_INVALID');
    }
  });
});

describe('TLS', () => {
  let folder: string;
  let tls: { key: string; cert: string };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sealstream-oidc-'));
    const subject = ['-subj', '/CN=provider', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...subject], { stdio: 'pipe' });
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    tls = { key: read('key.pem'), cert: read('cert.pem') };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is verified: a provider counts under the authority that is named, and only then', async () => {
    const provider = await HostileProvider.start('RS256', tls);
    const named = openOidc({ providers: [settingsFor(provider.issuer, { tlsCa: tls.cert })] });
    expect(await signIn(named, provider)).toMatchObject({ subject: 'user-1' });
    const unnamed = openOidc({ providers: [settingsFor(provider.issuer)] });
    const error = await refusalOf(unnamed.begin('one'));
    await provider.close();
    expect(error.code).toBe('OIDC_UNREACHABLE');
    expect(error.place).toEqual({ reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  test('is not left for keys on the same machine', async () => {
    const provider = await HostileProvider.start('RS256', tls);
    const open = () => openOidc({ providers: [settingsFor(provider.issuer, { tlsCa: tls.cert })] });
    expect(await signIn(open(), provider)).toMatchObject({ subject: 'user-1' });
    const plain = provider.issuer.replace('https:', 'http:');
    provider.discovery = (honest) => ({ ...honest, jwks_uri: `${plain}/keys` });
    const error = await refusalOf(open().begin('one'));
    await provider.close();
    expect(error.code).toBe('OIDC_REFUSED');
    expect(error.place).toEqual({ reason: 'its jwks_uri is missing or without TLS' });
  });
});

test('a provider that is not configured is refused by name', async () => {
  const error = await refusalOf(openOidc({ providers: [] }).begin('one'));
  expect(error.code).toBe('SIGN_IN_REFUSED');
});

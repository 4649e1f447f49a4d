import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PolicyError } from '@sealstream/policy';
import { ConfigError } from '@sealstream/service';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ROOT } from '../../../tools/stack/paths.ts';
import { readOidcFile } from '../src/oidc-file.ts';

const SECRET = 'canary-of-a-client';
const WHOLE = `version: 1
providers:
  - name: staff
    title: Example Staff
    issuer: https://id.example.com/realms/staff
    clientId: sealstream
    clientSecretFile: staff.secret
    redirectUri: https://access.example.com/v1/sign-in/callback/staff
    rolesClaim: realm_access.roles
    roles: { data-analysts: analyst }
`;

let folder: string;
let file: string;
const PAGE = readFileSync(join(ROOT, 'docs', 'access.md'), 'utf8');
const rules = { allowLoopbackHttp: false, isRole: (role: string) => role === 'analyst' };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealstream-oidc-'));
  file = join(folder, 'providers.yaml');
});
beforeEach(() => {
  writeFileSync(join(folder, 'staff.secret'), `${SECRET}\n`, { mode: 0o600 });
  chmodSync(join(folder, 'staff.secret'), 0o600);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string, more: Partial<typeof rules> = {}) => {
  writeFileSync(file, text);
  return readOidcFile(file, { ...rules, ...more });
};
/** What it is refused with, without the name of the file. */
function problemsOf(text: string, more: Partial<typeof rules> = {}): string[] {
  try {
    read(text, more);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    expect(error.code).toBe('CONFIG_INVALID');
    return error.problems.map(({ column, line, message }) => `${line}:${column} ${message}`);
  }
  return [];
}
const changed = (from: string | RegExp, to: string) => WHOLE.replace(from, to);

describe('a file of providers', () => {
  test('gives each with its secret from a file of its own, and four hours unless it says more', () => {
    const { providers, warnings } = read(WHOLE);
    expect(warnings).toEqual([]);
    expect(providers).toEqual([
      expect.objectContaining({
        name: 'staff',
        title: 'Example Staff',
        clientSecret: SECRET,
        roles: { 'data-analysts': 'analyst' },
        sessionMs: 4 * 3_600_000,
      }),
    ]);
    const [longer] = read(`${WHOLE}    sessionHours: 12\n`).providers;
    expect(longer?.sessionMs).toBe(12 * 3_600_000);
  });

  test('as docs/access.md shows it is taken, without a warning', () => {
    const [, , shown = ''] = PAGE.split('```yaml\n').map((part) => part.split('```')[0]);
    const { providers, warnings } = read(shown);
    expect(warnings).toEqual([]);
    expect(providers).toMatchObject([{ name: 'staff', roles: { 'data-analysts': 'analyst' } }]);
  });

  test('takes a provider of this machine without TLS only where the service itself has none', () => {
    const here = changed('https://id.example.com', 'http://127.0.0.1:8080');
    expect(read(here, { allowLoopbackHttp: true }).providers).toHaveLength(1);
    expect(problemsOf(here)).toEqual(['5:13 issuer must be https: without a query']);
  });

  test('warns of a role that the policy does not have', () => {
    const { providers, warnings } = read(changed('analyst }', 'analyts }'));
    expect(providers).toHaveLength(1);
    expect(warnings).toEqual([
      expect.objectContaining({ line: 10, message: expect.stringContaining('no role') }),
    ]);
  });

  test.each([
    [
      'an unknown word',
      changed('clientId', 'clientID'),
      ['3:5 clientId is missing', '6:5 unknown word clientID; did you mean clientId?'],
    ],
    [
      'the secret itself',
      changed('clientSecretFile: staff.secret', `clientSecret: ${SECRET}`),
      [
        '3:5 clientSecretFile is missing',
        '7:5 unknown word clientSecret; did you mean clientSecretFile?',
      ],
    ],
    [
      'an issuer without TLS',
      changed('https://id.', 'http://id.'),
      ['5:13 issuer must be https: without a query'],
    ],
    [
      'an issuer with a password',
      changed('https://id.', 'https://a:b@id.'),
      ['5:13 issuer must be https: without a query'],
    ],
    [
      'another way back',
      changed('callback/staff', 'callback/other'),
      ['8:18 redirectUri must end in /v1/sign-in/callback/ and the name of the provider'],
    ],
    [
      'an algorithm with a shared secret',
      `${WHOLE}    algorithm: HS256\n`,
      ['11:16 algorithm must be one of RS256, PS256, ES256, EdDSA, Ed25519; did you mean RS256?'],
    ],
    ['scopes without openid', `${WHOLE}    scopes: [profile]\n`, ['11:5 scopes must have openid']],
    [
      'more hours than a session has',
      `${WHOLE}    sessionHours: 13\n`,
      ['11:19 sessionHours must be at most 12'],
    ],
    [
      'a claim that is no path',
      changed('realm_access.roles', 'realm_access..roles'),
      ['9:17 rolesClaim is no path'],
    ],
    [
      'the role administrator',
      changed('analyst }', 'administrator }'),
      ['10:29 administrator is given to accounts alone, since two people must always have it'],
    ],
    [
      'a role that is none',
      changed('analyst }', 'An Analyst }'),
      ['10:29 this must be the name of a role of the policy'],
    ],
    ['no provider', 'version: 1\nproviders: []\n', ['2:1 providers must not be empty']],
    [
      'a name twice',
      `${WHOLE}${WHOLE.split('providers:\n')[1] ?? ''}`,
      ['11:11 name must not be that of another provider'],
    ],
    ['a key twice', `${WHOLE}    title: Again\n`, ['11:5 this stands twice in one map']],
    [
      'authorities that are not there',
      `${WHOLE}    tlsCaFile: none.pem\n`,
      ['11:16 tlsCaFile must be a PEM file of certificates that we may read'],
    ],
    [
      'authorities that are none',
      `${WHOLE}    tlsCaFile: staff.secret\n`,
      ['11:16 tlsCaFile must be a PEM file of certificates that we may read'],
    ],
    [
      'a secret that is not there',
      changed('staff.secret', 'none.secret'),
      ['7:23 clientSecretFile must name a file that is there and that we may read'],
    ],
  ])('with %s is refused, by line and column', (_what, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  test('is refused with a secret that others may read, or that is empty, and tells none', () => {
    chmodSync(join(folder, 'staff.secret'), 0o644);
    const [open] = problemsOf(WHOLE);
    expect(open).toMatch(/^7:23 clientSecretFile must name a file that is ours .* chmod 600 it$/);
    expect(open).not.toContain(SECRET);
    writeFileSync(join(folder, 'staff.secret'), '\n');
    chmodSync(join(folder, 'staff.secret'), 0o600);
    expect(problemsOf(WHOLE)).toEqual(['7:23 clientSecretFile names a file that is empty']);
  });

  test('that is not there is told by its setting', () => {
    const missing = () => readOidcFile(join(folder, 'none.yaml'), rules);
    expect(missing).toThrow(ConfigError);
    expect(missing).toThrow('SEALSTREAM_ACCESS_OIDC_FILE names a file that cannot be read');
  });
});

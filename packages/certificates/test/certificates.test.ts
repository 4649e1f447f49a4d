import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { SealstreamError } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { opensslProgram } from '../../../tools/stack/openssl.ts';
import {
  type Authority,
  type CertificatePair,
  certificateFacts,
  createAuthority,
  fitsKey,
  issueCertificate,
} from '../src/index.ts';
import { handshake } from './handshake.ts';

const DAY_MS = 86_400_000;
const VALIDITY = { fromMs: Date.now() - 60_000, untilMs: Date.now() + DAY_MS };
const EXPIRED = { fromMs: Date.now() - 2 * DAY_MS, untilMs: Date.now() - DAY_MS };

let dir: string;
let openssl: string;
let authority: Authority;
let other: Authority;
let server: CertificatePair;
let client: CertificatePair;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sealstream-certificates-'));
  openssl = await opensslProgram();
  authority = await createAuthority('one', VALIDITY);
  other = await createAuthority('two', VALIDITY);
  const hosts = ['localhost', '127.0.0.1'];
  server = await issueCertificate(authority, {
    use: 'server',
    name: 'broker',
    hosts,
    validity: VALIDITY,
  });
  client = await issueCertificate(authority, { use: 'client', name: 'mask', validity: VALIDITY });
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What `openssl verify` says of a certificate under an authority; never fails. */
async function verified(pair: CertificatePair, by: Authority, ...asked: string[]) {
  const [ca, leaf] = [join(dir, 'ca.crt'), join(dir, 'leaf.crt')];
  writeFileSync(ca, by.certificate);
  writeFileSync(leaf, pair.certificate);
  const args = ['verify', '-x509_strict', '-CAfile', ca, ...asked, leaf];
  const { stderr, stdout } = await promisify(execFile)(openssl, args).catch((error: unknown) => ({
    stdout: '',
    stderr: error instanceof Error && 'stderr' in error ? String(error.stderr) : '',
  }));
  return stdout.trim().endsWith(': OK') ? 'OK' : stderr;
}

describe('OpenSSL', () => {
  test("holds a server's certificate good for its names, and a client's for a client", async () => {
    const named = ['-purpose', 'sslserver', '-verify_hostname', 'localhost'];
    expect(await verified(server, authority, ...named)).toBe('OK');
    expect(await verified(server, authority, '-verify_ip', '127.0.0.1')).toBe('OK');
    expect(await verified(client, authority, '-purpose', 'sslclient')).toBe('OK');
  });

  test('refuses each for what it is not for, under another name and another authority', async () => {
    expect(await verified(server, authority, '-purpose', 'sslclient')).toMatch(/purpose/);
    expect(await verified(client, authority, '-purpose', 'sslserver')).toMatch(/purpose/);
    expect(await verified(server, authority, '-verify_hostname', 'other')).toMatch(/mismatch/i);
    expect(await verified(server, other)).toMatch(/unable to get local issuer/);
  });

  test('refuses what an issued certificate signs: it is no authority', async () => {
    const validity = VALIDITY;
    await expect(
      issueCertificate(server, { use: 'client', name: 'mask', validity }),
    ).rejects.toThrow(/CERTIFICATE_INVALID.*may not sign/);
  });
});

describe("Node's TLS", () => {
  test('speaks with both and learns who the client is', async () => {
    const peer = await handshake({ server, client, ca: authority, host: 'localhost' });
    expect(peer).toBe('mask');
  });

  test.each([
    ['another authority', () => ({ ca: other }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['another name', () => ({ host: 'elsewhere' }), 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('refuses %s', async (_, changed, code) => {
    const asked = { server, client, ca: authority, host: 'localhost', ...changed() };
    await expect(handshake(asked)).rejects.toMatchObject({ code });
  });

  test('refuses an expired certificate', async () => {
    const expired = await issueCertificate(authority, {
      use: 'server',
      name: 'broker',
      hosts: ['localhost'],
      validity: EXPIRED,
    });
    const asked = { server: expired, client, ca: authority, host: 'localhost' };
    await expect(handshake(asked)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  });
});

test('keys are made anew, are of P-256, and fit their own certificate alone', () => {
  expect(fitsKey(server)).toBe(true);
  expect(fitsKey({ ...server, privateKey: client.privateKey })).toBe(false);
  expect(fitsKey({ ...server, privateKey: 'none' })).toBe(false);
  const { publicKey } = new X509Certificate(server.certificate);
  expect(publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
});

test('nothing outlives the authority that signed it', async () => {
  const long = { fromMs: VALIDITY.fromMs, untilMs: VALIDITY.untilMs + DAY_MS };
  const pair = await issueCertificate(authority, { use: 'client', name: 'x', validity: long });
  const [facts] = certificateFacts(pair.certificate);
  expect(facts?.untilMs).toBe(Math.floor(VALIDITY.untilMs / 1000) * 1000);
});

test('an authority with the key of another, or none, signs nothing and tells no key', async () => {
  const request = { use: 'client', name: 'x', validity: VALIDITY } as const;
  const mixed = { certificate: authority.certificate, privateKey: other.privateKey };
  await expect(issueCertificate(mixed, request)).rejects.toThrow('CERTIFICATE_INVALID');
  const none = { certificate: authority.certificate, privateKey: 'SECRET' };
  await expect(issueCertificate(none, request)).rejects.toThrow(
    expect.objectContaining({
      code: 'CERTIFICATE_INVALID',
      message: expect.not.stringContaining('SECRET') as string,
    }) as Error,
  );
});

test('facts of a file are those of each certificate in it, in its order', () => {
  const [first, second] = certificateFacts(`${server.certificate}text\n${authority.certificate}`);
  expect(first).toMatchObject({
    subject: 'CN=broker',
    issuer: 'CN=one',
    names: ['localhost', '127.0.0.1'],
    isAuthority: false,
  });
  expect(second).toMatchObject({ subject: 'CN=one', names: [], isAuthority: true });
  expect(first?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

test.each(['', 'text', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
  'a file without a certificate is refused: %j',
  (text) => {
    expect(() => certificateFacts(text)).toThrow(SealstreamError);
  },
);

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type CertificatePair, createAuthority } from '@sealstream/certificates';
import { describe, expect, onTestFinished, test } from 'vitest';

import { baseSettings } from '../src/base-settings.ts';
import { kafkaConnection } from '../src/kafka-connection.ts';
import { readConfig } from '../src/settings.ts';

const connection = (env: Record<string, string>) =>
  kafkaConnection(
    readConfig(baseSettings('audit'), {
      KAFKA_BROKERS: 'a:1,b:2',
      SEALSTREAM_POLICY_FILE: 'p',
      ...env,
    }),
  );

describe('kafkaConnection', () => {
  test('is plain unless told otherwise', () => {
    expect(connection({})).toEqual({ brokers: ['a:1', 'b:2'], ssl: false });
  });

  test('carries authorities, user and password', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'ca-')), 'ca.pem');
    writeFileSync(file, 'PEM');
    expect(
      connection({
        SEALSTREAM_KAFKA_TLS: 'true',
        SEALSTREAM_KAFKA_TLS_CA_FILE: file,
        SEALSTREAM_KAFKA_SASL_USERNAME: 'audit',
        SEALSTREAM_KAFKA_SASL_PASSWORD: 'pw',
      }),
    ).toMatchObject({
      ssl: { ca: ['PEM'], minVersion: 'TLSv1.2' },
      sasl: { mechanism: 'scram-sha-512', username: 'audit', password: 'pw' },
    });
  });

  test('refuses authorities without TLS, a user without a password, a file that is not there', () => {
    expect(() => connection({ SEALSTREAM_KAFKA_TLS_CA_FILE: '/none' })).toThrow('CONFIG_INVALID');
    expect(() => connection({ SEALSTREAM_KAFKA_SASL_USERNAME: 'u' })).toThrow('CONFIG_INVALID');
    expect(() =>
      connection({ SEALSTREAM_KAFKA_TLS: 'true', SEALSTREAM_KAFKA_TLS_CA_FILE: '/none' }),
    ).toThrow('FILE_UNREADABLE');
  });

  test('signs in with a certificate that fits its key and has not ended', async () => {
    const { dir, write } = pairs();
    const from = Date.now() - 60_000;
    const authority = await createAuthority('one', { fromMs: from, untilMs: from + 3_600_000 });
    const good = write(dir, authority);
    expect(connection({ ...TLS, ...good }).ssl).toEqual({
      minVersion: 'TLSv1.2',
      cert: authority.certificate,
      key: authority.privateKey,
    });
    const ended = await createAuthority('two', { fromMs: from - 1000, untilMs: from });
    expect(() => connection({ ...TLS, ...write(dir, ended) })).toThrow('CERTIFICATE_INVALID');
    const mixed = write(dir, { ...authority, privateKey: ended.privateKey });
    expect(() => connection({ ...TLS, ...mixed })).toThrow('CERTIFICATE_INVALID');
    chmodSync(mixed.SEALSTREAM_KAFKA_TLS_KEY_FILE, 0o644);
    expect(() => connection({ ...TLS, ...mixed })).toThrow('KEY_FILE_OPEN');
  });

  test('refuses a certificate without TLS, and half of a pair', () => {
    const half = { SEALSTREAM_KAFKA_TLS_CERT_FILE: 'c' };
    expect(() => connection({ ...half, SEALSTREAM_KAFKA_TLS_KEY_FILE: 'k' })).toThrow(
      'SEALSTREAM_KAFKA_TLS=true',
    );
    expect(() => connection({ ...TLS, ...half })).toThrow('needs its key file');
  });
});

const TLS = { SEALSTREAM_KAFKA_TLS: 'true' };

function pairs() {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-pair-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const write = (into: string, { certificate, privateKey }: CertificatePair) => {
    const [cert, key] = [join(into, 'client.crt'), join(into, 'client.key')];
    writeFileSync(cert, certificate);
    writeFileSync(key, privateKey, { mode: 0o600 });
    return { SEALSTREAM_KAFKA_TLS_CERT_FILE: cert, SEALSTREAM_KAFKA_TLS_KEY_FILE: key };
  };
  return { dir, write };
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

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
      ssl: { ca: ['PEM'] },
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
});

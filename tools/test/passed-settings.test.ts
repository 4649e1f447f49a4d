import { beforeAll, expect, test } from 'vitest';
import { settingsTables } from '../pages/settings-pages.ts';
import { passedSettings } from '../stack/passed-settings.ts';

const ALL = {
  PATH: '/bin',
  REDIS_URL: 'rediss://redis.example.org:6379',
  SEALSTREAM_KAFKA_TLS: 'true',
  SEALSTREAM_KAFKA_TLS_CA_FILE: 'ca.crt',
  SEALSTREAM_KAFKA_SASL_PASSWORD_FILE: 'mask.password',
  SEALSTREAM_REDIS_TLS_CA_FILE: 'ca.crt',
  SEALSTREAM_SCHEMA_REGISTRY_TLS_CA_FILE: 'ca.crt',
  SEALSTREAM_ACCESS_TLS_CERT_FILE: 'server.crt',
  SEALSTREAM_ACCESS_CLIENT_CA_FILE: 'clients.crt',
  SEALSTREAM_KEY_DIR: 'keys',
  SEALSTREAM_HTTP_TLS_CERT_FILE: 'server.crt',
  SEALSTREAM_KAFKA_UNKNOWN: 'x',
};
const EVERYWHERE = [
  'PATH',
  'REDIS_URL',
  'SEALSTREAM_KAFKA_TLS',
  'SEALSTREAM_KAFKA_TLS_CA_FILE',
  'SEALSTREAM_KAFKA_SASL_PASSWORD_FILE',
];

let tables: Awaited<ReturnType<typeof settingsTables>>;
beforeAll(async () => {
  tables = await settingsTables();
});

test.each([
  ['ingest', ['SEALSTREAM_REDIS_TLS_CA_FILE', 'SEALSTREAM_SCHEMA_REGISTRY_TLS_CA_FILE']],
  ['audit', []],
  [
    'access',
    [
      'SEALSTREAM_REDIS_TLS_CA_FILE',
      'SEALSTREAM_ACCESS_TLS_CERT_FILE',
      'SEALSTREAM_ACCESS_CLIENT_CA_FILE',
      'SEALSTREAM_SCHEMA_REGISTRY_TLS_CA_FILE',
    ],
  ],
])('%s gets the settings of its own links, and none that would stop it', (name, own) => {
  const passed = Object.keys(passedSettings(tables.get(name) ?? {}, ALL));
  expect(passed.toSorted()).toEqual([...EVERYWHERE, ...own].toSorted());
});

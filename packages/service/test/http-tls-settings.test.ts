import { expect, test } from 'vitest';

import { HTTP_TLS_SETTINGS, httpTlsFiles } from '../src/http-tls-settings.ts';
import { readConfig } from '../src/settings.ts';

const files = (env: Record<string, string>) => httpTlsFiles(readConfig(HTTP_TLS_SETTINGS, env));
const CERT = { SEALSTREAM_HTTP_TLS_CERT_FILE: 'c' };
const KEY = { SEALSTREAM_HTTP_TLS_KEY_FILE: 'k' };
const CA = { SEALSTREAM_HTTP_TLS_CLIENT_CA_FILE: 'a' };

test('HTTP is plain without settings and over TLS with a certificate and its key', () => {
  expect(files({})).toBeUndefined();
  expect(files({ ...CERT, ...KEY, ...CA })).toEqual({
    certFile: 'c',
    keyFile: 'k',
    clientCaFile: 'a',
  });
});

test.each([CERT, KEY, CA, { ...CERT, ...CA }])('half of the settings is refused: %j', (env) => {
  expect(() => files(env)).toThrow('SEALSTREAM_HTTP_TLS_CERT_FILE');
});

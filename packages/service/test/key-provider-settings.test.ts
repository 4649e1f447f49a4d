import { SealstreamError } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { KEY_PROVIDER_SETTINGS, nextKeys, outermostKeys } from '../src/key-provider-settings.ts';
import { readConfig } from '../src/settings.ts';

/** What the provider of these settings says when it is asked, which shows which one it is. */
async function askedWith(env: Readonly<Record<string, string>>): Promise<string> {
  const asked = { SEALSTREAM_KMS_REGION: 'eu-central-1', ...env };
  try {
    await outermostKeys(readConfig(KEY_PROVIDER_SETTINGS, asked), ['field']).check();
    return 'nothing';
  } catch (error) {
    return error instanceof SealstreamError ? error.message : String(error);
  }
}

beforeAll(() => {
  // So that the AWS client looks for credentials nowhere outside this process.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'nothing');
});
afterAll(() => vi.unstubAllEnvs());

/** Nobody listens there. */
const NO_KMS = {
  SEALSTREAM_KEY_PROVIDER: 'aws-kms',
  SEALSTREAM_KMS_ENDPOINT: 'http://127.0.0.1:1',
};

describe('the settings of outermost keys', () => {
  test('name files by default, and say so when there is no directory', async () => {
    expect(await askedWith({ SEALSTREAM_KEY_DIR: '/nowhere' })).toMatch(
      /^KEY_FILE_MISSING.*\/nowhere\/field\.key/,
    );
    expect(await askedWith({})).toMatch(
      /CONFIG_INVALID[^]*SEALSTREAM_KEY_DIR is missing: file needs it/,
    );
  });

  test('name a KMS with its key of the purpose', async () => {
    expect(await askedWith(NO_KMS)).toMatch(/^KEY_PROVIDER_AWAY.*key alias\/sealstream-field/);
    expect(await askedWith({ ...NO_KMS, SEALSTREAM_KMS_KEY: 'alias/mine-<purpose>' })).toContain(
      'key alias/mine-field',
    );
  });

  test('name an HSM, and all that it still lacks at once', async () => {
    const hsm = { SEALSTREAM_KEY_PROVIDER: 'pkcs11', SEALSTREAM_PKCS11_MODULE: '/nowhere.so' };
    const told = await askedWith(hsm);
    expect(told).toContain('SEALSTREAM_PKCS11_TOKEN is missing: pkcs11 needs it');
    expect(told).toContain('SEALSTREAM_PKCS11_PIN_FILE is missing: pkcs11 needs it');
    expect(told).not.toContain('SEALSTREAM_PKCS11_MODULE is');
    const whole = { SEALSTREAM_PKCS11_TOKEN: 't', SEALSTREAM_PKCS11_PIN_FILE: '/nowhere' };
    expect(await askedWith({ ...hsm, ...whole })).toMatch(/^KEY_PROVIDER_REFUSED.*\/nowhere\.so/);
  });

  test('name the next keys by what differs, and refuse those that are the present ones', () => {
    const next = (env: Readonly<Record<string, string>>) =>
      nextKeys(readConfig(KEY_PROVIDER_SETTINGS, { SEALSTREAM_KEY_DIR: '/old', ...env }), []);
    expect(next({})).toBeUndefined();
    expect(next({ SEALSTREAM_KEY_DIR_NEXT: '/new' })).toBeDefined();
    expect(next({ SEALSTREAM_KEY_PROVIDER_NEXT: 'aws-kms' })).toBeDefined();
    expect(() => next({ SEALSTREAM_KEY_DIR_NEXT: '/old' })).toThrow('the present ones');
    expect(() => next({ SEALSTREAM_KEY_PROVIDER_NEXT: 'file' })).toThrow('the present ones');
    // A setting that the next provider does not read changes nothing.
    expect(() => next({ SEALSTREAM_KMS_KEY_NEXT: 'alias/x' })).toThrow('the present ones');
  });
});

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeKeyFiles } from './keyring-fixture.ts';

const KEYRING = join(import.meta.dirname, '../dist/index.js');
const files = makeKeyFiles();
afterAll(() => files.remove());

/** Says on stdout which packages are loaded, and has no pkcs11js, as after a failed compilation. */
const HOOKS = `
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(name, context, next) {
      if (/^(@aws-sdk\\/client-kms|pkcs11js)$/.test(name)) console.log('loads ' + name);
      if (name === 'pkcs11js') throw new Error('not there');
      return next(name, context);
    },
  });`;

/** What a process says that asks the provider for its keys: what it loads, and how that ends. */
function askedBy(provider: Readonly<Record<string, string>>): string[] {
  const program = `
    import { keyProvider } from '${KEYRING}';
    await keyProvider(${JSON.stringify(provider)}, ['field']).check().then(
      () => console.log('checked'),
      (error) => console.log(error.message),
    );`;
  const hooks = `data:text/javascript,${encodeURIComponent(HOOKS)}`;
  const args = ['--import', hooks, '--input-type=module', '-e', program];
  const signIn = { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' };
  const env = { ...process.env, ...signIn };
  return execFileSync(process.execPath, args, { encoding: 'utf8', env }).trim().split('\n');
}

describe('a process', () => {
  test('loads no client of a provider that it does not use', () => {
    expect(askedBy({ provider: 'file', dir: files.dir })).toEqual(['checked']);
    const kms = { provider: 'aws-kms', region: 'eu-central-1', endpoint: 'http://127.0.0.1:1' };
    const [loads, ...said] = askedBy(kms);
    expect(loads).toBe('loads @aws-sdk/client-kms');
    expect(said.join()).toMatch(/^KEY_PROVIDER_AWAY: .*ECONNREFUSED/);
  });

  test('that has no pkcs11js says what to install', () => {
    const hsm = { provider: 'pkcs11', module: '/nowhere.so', tokenLabel: 't', pinFile: '/nowhere' };
    const [loads, said] = askedBy(hsm);
    expect(loads).toBe('loads pkcs11js');
    expect(said).toMatch(/^SERVER_MISSING: .*Install a C\+\+ compiler, make and Python 3/);
  });
});

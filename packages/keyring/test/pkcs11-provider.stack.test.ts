import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { KEY_BYTES } from '@sealstream/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pkcs11Options, pkcs11Provider } from '../src/pkcs11-provider.ts';
import { type LocalHsm, makeHsm } from './hsm-fixture.ts';
import { codeOf } from './keyring-fixture.ts';
import { providerConformance } from './provider-conformance.ts';

let hsm: LocalHsm;
beforeAll(async () => {
  hsm = await makeHsm();
  hsm.createKeys('sealstream', ['field', 'hash']);
  hsm.createKeys('other', ['field']);
});
afterAll(() => hsm.close());
const options = (more: Partial<Pkcs11Options> = {}): Pkcs11Options => {
  const { module, pinFile, tokenLabel } = hsm;
  return { module, pinFile, tokenLabel, ...more };
};

providerConformance('a device behind PKCS#11', async () => ({
  provider: pkcs11Provider(options(), ['field', 'hash']),
  stranger: pkcs11Provider(options({ key: 'other-<purpose>' }), ['field']),
  notOurs: 'KEY_PROVIDER_REFUSED',
  away: 'KEY_PROVIDER_AWAY',
  cut: () => hsm.cut(),
  mend: () => hsm.mend(),
  secrets: [hsm.pin],
  close: async () => undefined,
}));

describe('a device behind PKCS#11', () => {
  const context = ['wrapping key', 'field', 'people'];
  const key = randomBytes(KEY_BYTES);
  const slot = Buffer.alloc(KEY_BYTES);
  const provider = (more: Partial<Pkcs11Options> = {}) => pkcs11Provider(options(more), ['field']);

  test('is not offered a refused PIN twice, and takes the right one from the file', async () => {
    const one = provider();
    hsm.writePin('4711-not-the-pin');
    await expect(one.check()).rejects.toThrow(/KEY_PROVIDER_REFUSED.*CKR_PIN_INCORRECT/);
    await expect(one.check()).rejects.toThrow(/KEY_PROVIDER_REFUSED.*refused before/);
    hsm.writePin(hsm.pin);
    await one.check();
  });

  test('is not signed in to with a PIN that others can read', async () => {
    chmodSync(hsm.pinFile, 0o644);
    expect(await codeOf(() => provider().check())).toBe('KEY_FILE_OPEN');
    chmodSync(hsm.pinFile, 0o600);
    const missing = provider({ pinFile: `${hsm.pinFile}.none` });
    expect(await codeOf(() => missing.check())).toBe('KEY_FILE_MISSING');
  });

  test.each([
    ['no key of this label', []],
    ['several keys of this label', [[], []]],
    ['the key can be taken out', [['--keygen', '--key-type', 'AES:32', '--extractable']]],
    ['not an AES-256 key', [['--keygen', '--key-type', 'AES:16', '--sensitive']]],
  ])('is refused with the reason: %s', async (reason, keys) => {
    const name = `refused-${randomBytes(4).toString('hex')}`;
    for (const how of keys) hsm.createKeys(name, ['field'], ...how);
    await expect(provider({ key: `${name}-<purpose>` }).check()).rejects.toMatchObject({
      code: 'KEY_PROVIDER_REFUSED',
      message: expect.stringContaining(reason) as string,
    });
  });

  test('that has no such token is away; a module that is none is refused', async () => {
    const elsewhere = provider({ tokenLabel: 'nobody' });
    expect(await codeOf(() => elsewhere.check())).toBe('KEY_PROVIDER_AWAY');
    const none = provider({ module: hsm.pinFile });
    expect(await codeOf(() => none.check())).toBe('KEY_PROVIDER_REFUSED');
  });

  test('takes more calls than its sessions would hold if they were left open', async () => {
    const one = provider();
    for (let n = 0; n < 200; n++) {
      const blob = await one.wrap('field', context, key);
      await one.unwrap('field', context, blob, slot);
    }
    expect(slot.equals(key)).toBe(true);
  });
});

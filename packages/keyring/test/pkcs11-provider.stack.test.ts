import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { inspect } from 'node:util';
import { KEY_BYTES } from '@sealstream/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pkcs11Module } from '../src/pkcs11-module.ts';
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
    const wrong = randomBytes(6).toString('hex');
    hsm.writePin(wrong);
    const said = async () =>
      inspect(await one.check().catch((error: unknown) => error), { showHidden: true });
    const errors = [await said(), await said()];
    expect(errors[0]).toMatch(/KEY_PROVIDER_REFUSED.*CKR_PIN_INCORRECT/);
    expect(errors[1]).toMatch(/KEY_PROVIDER_REFUSED.*refused before/);
    expect(errors.filter((error) => error.includes(wrong))).toEqual([]);
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

  test('that fails and is gone then is away: no keyset is called unreadable for it', async () => {
    const one = provider();
    const blob = await one.wrap('field', context, key);
    blob.writeUInt8(blob.readUInt8(blob.length - 1) ^ 1, blob.length - 1);
    const unwrapping = codeOf(() => one.unwrap('field', context, blob, slot));
    // Calls of a module run in their order, so this comes right after the one that does not open.
    await pkcs11Module(hsm.module).use(() => hsm.cut());
    expect(await unwrapping).toBe('KEY_PROVIDER_AWAY');
    await hsm.mend();
    expect(await codeOf(() => one.unwrap('field', context, blob, slot))).toBe('KEYSET_UNREADABLE');
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

import {
  DEFAULT_SEAL,
  deriveKey,
  fieldCipher,
  type KeySource,
  keyHandle,
} from '@sealstream/crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { describe, expect, test } from 'vitest';

const ID = 'k3Y_id-12AbZ';
const stored = Buffer.alloc(32, 5);
const derived = Buffer.alloc(32);
const method = { ...DEFAULT_SEAL, form: 'jwe', algorithm: 'aes-256-gcm' } as const;
const use = {
  purpose: 'field',
  algorithm: 'aes-256-gcm',
  format: 'jwe',
  dataset: 'people',
  path: '/ssn',
} as const;
const key = deriveKey(keyHandle(stored), use, derived);
const none = (): never => expect.unreachable();
const keys: KeySource = {
  active: () => ({ id: ID, key }),
  byId: () => key,
  publicKey: none,
  privateKey: none,
};
const cipher = fieldCipher('people', '/ssn', method);

/** The block of docs/wire-format.md around a text. */
const blockOf = (text: string): Buffer => {
  const block = Buffer.alloc(16);
  block[0] = 1;
  block.write(text, 1);
  block[1 + text.length] = 0x80;
  return block;
};

describe('a field sealed as JWE', () => {
  test('opens with a JOSE library and the derived key, and says which key it is', async () => {
    const token = cipher.seal(keys, 'string', Buffer.from('123-45-6789')).toString();
    const { plaintext, protectedHeader } = await compactDecrypt(token, derived);
    expect(Buffer.from(plaintext)).toEqual(blockOf('123-45-6789'));
    expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', kid: ID });
  });

  test('by a JOSE library opens here, and not with another header', async () => {
    const header = { alg: 'dir', enc: 'A256GCM', kid: ID };
    const seal = (more: object) =>
      new CompactEncrypt(blockOf('123-45-6789'))
        .setProtectedHeader({ ...header, ...more })
        .encrypt(derived);
    const opened = cipher.open(keys, Buffer.from(await seal({})));
    expect(opened).toEqual({ type: 'string', plain: Buffer.from('123-45-6789') });
    const other = Buffer.from(await seal({ typ: 'JWT' }));
    expect(() => cipher.open(keys, other)).toThrow('TOKEN_MALFORMED');
  });
});

import { randomBytes } from 'node:crypto';
import type { PublicKeyDocument } from '@sealstream/contracts';
import {
  generateKeyPair,
  generateSigner,
  keyHandle,
  ProducerCipher,
  PUBLIC_KEY_FORM,
  readSigner,
  signWith,
} from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { openProducerSeal } from '../src/index.ts';

const { privateKey: signerKey, publicKey: signerPublicKey } = generateSigner();
const signer = readSigner(signerKey);
const publicKey = Buffer.alloc(32);
const secret = generateKeyPair(publicKey, Buffer.alloc(32));
const cipher = new ProducerCipher('people');

function signed(more: Partial<PublicKeyDocument> = {}, by = signer): Buffer {
  const document: PublicKeyDocument = {
    type: 'sealstream-public-key',
    v: 1,
    purpose: 'producer',
    dataset: 'people',
    id: 'producerKey1',
    publicKey: publicKey.toString('base64url'),
    created: new Date().toISOString(),
    ...more,
  };
  return signWith(PUBLIC_KEY_FORM, document, by).bytes;
}

const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

describe("a producer's seal", () => {
  const seal = openProducerSeal({ publicKey: signed(), signerPublicKey });

  test.each([
    ['text', 'k', '{"a":1}'],
    ['bytes', Buffer.from('k'), new Uint8Array(Buffer.from('{"a":1}'))],
    ['no key', undefined, '{"a":1}'],
    ['an empty key', '', '{"a":1}'],
  ])(
    'makes of %s what ingest opens with the same key, and changes nothing else',
    (_, key, value) => {
      const record = { key, value, partition: 3, headers: { a: 'b' } };
      const sealed = seal.sealRecord(record);
      expect(sealed).toEqual({ ...record, value: expect.any(Buffer) as Buffer });
      const bound = key === undefined ? null : Buffer.from(key);
      const source = { privateKey: () => secret };
      expect(cipher.open(source, bound, sealed.value ?? Buffer.alloc(0)).toString()).toBe(
        '{"a":1}',
      );
      expect(sealed.value?.includes('"a"')).toBe(false);
    },
  );

  test('leaves a tombstone as it is, and seals no two records alike', () => {
    expect(seal.sealRecord({ key: 'k', value: null }).value).toBeNull();
    const [one, two] = ['x', 'x'].map((value) => seal.sealRecord({ value }).value?.toString('hex'));
    expect(one).not.toBe(two);
    expect(seal).toMatchObject({ dataset: 'people', keyId: 'producerKey1' });
  });

  test('cannot open what it sealed', () => {
    const { value } = seal.sealRecord({ value: '{}' });
    const guess = { privateKey: () => keyHandle(randomBytes(32)) };
    expect(codeOf(() => cipher.open(guess, null, value ?? Buffer.alloc(0)))).toBe(
      'RECORD_NOT_AUTHENTIC',
    );
  });

  test('is made of a public key that the signer signed for producers, and of no other', () => {
    const other = readSigner(generateSigner().privateKey);
    const of = (given: Buffer | string) =>
      codeOf(() => openProducerSeal({ publicKey: given, signerPublicKey }).keyId);
    expect(of(signed({}, other))).toBe('KEYSET_BAD_SIGNATURE');
    expect(of(signed().toString().replace('producerKey1', 'producerKey2'))).toBe(
      'KEYSET_BAD_SIGNATURE',
    );
    expect(of(signed({ purpose: 'rejected' }))).toBe('KEYSET_UNREADABLE');
    expect(of('')).toBe('KEYSET_BAD_SIGNATURE');
    expect(of(signed().toString().trimEnd())).toBe('producerKey1');
    expect(of(signed().toString().replaceAll('\n', '\r\n'))).toBe('KEYSET_BAD_SIGNATURE');
  });
});

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import sodium from 'sodium-native';
import { describe, expect, test } from 'vitest';
import {
  looksProducerSealed,
  PRODUCER_SEAL_BYTES,
  ProducerCipher,
} from '../src/producer-cipher.ts';
import { lengthPrefixed } from '../src/length-prefixed.ts';
import { RecordCipher } from '../src/record-cipher.ts';
import { MemoryKeys } from './memory-keys.ts';
import { hex } from './vectors.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/producer-records.json', import.meta.url), 'utf8'),
) as {
  keyId: string;
  privateKey: string;
  publicKey: string;
  cases: { dataset: string; key: string | null; plain: string; sealed: string }[];
};
const published = new MemoryKeys({ [vectors.keyId]: hex(vectors.privateKey) });
const ID = 'producerKey2';
const keys = new MemoryKeys({ [ID]: Buffer.alloc(32, 5) });
const cipher = new ProducerCipher('people');
const KEY = Buffer.from('k');

function refusal(open: () => unknown): string {
  try {
    open();
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Opens by what docs/wire-format.md says, with libsodium alone. */
function openedBare(sealed: Buffer, dataset: string, key: Buffer | null): string {
  expect(sealed.toString('latin1', 0, 6)).toBe('\u0003ssp1\u0002');
  const id = sealed.toString('latin1', 6, 18);
  const fresh = Buffer.alloc(32);
  const [secret, open] = [hex(vectors.privateKey), hex(vectors.publicKey)];
  expect(sodium.crypto_box_seal_open(fresh, sealed.subarray(18, 98), open, secret)).toBe(true);
  const use = ['sealstream/v1', 'producer', 'xchacha20-poly1305', 'sealed-to-public', dataset, ''];
  const derived = Buffer.alloc(32);
  sodium.crypto_generichash(derived, lengthPrefixed(use), fresh);
  const bound = key === null ? Buffer.of(0) : Buffer.concat([Buffer.of(1), key]);
  const marker = Buffer.from('\u0003ssp1', 'latin1');
  const parts = ['sealed-to-public/v1', 'raw', dataset, id, Buffer.alloc(16), bound, marker];
  const plain = Buffer.alloc(sealed.length - 98 - 24 - 16);
  sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
    plain,
    null,
    sealed.subarray(122),
    lengthPrefixed(parts),
    sealed.subarray(98, 122),
    derived,
  );
  return plain.toString('hex');
}

describe('a record sealed by its producer', () => {
  test.each(vectors.cases)('is opened as published, also by libsodium alone', (vector) => {
    const key = vector.key === null ? null : hex(vector.key);
    const sealed = hex(vector.sealed);
    const opened = new ProducerCipher(vector.dataset).open(published, key, sealed);
    expect(opened.toString('hex')).toBe(vector.plain);
    expect(openedBare(sealed, vector.dataset, key)).toBe(vector.plain);
  });

  test('returns any bytes exactly, with any key, and is longer by a fixed number of bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.option(bytes), (plain, key) => {
        const sealed = cipher.seal(keys, key, plain);
        expect(sealed.length).toBe(plain.length + PRODUCER_SEAL_BYTES);
        expect(cipher.open(keys, key, sealed)).toEqual(Buffer.from(plain));
      }),
      { numRuns: 50 },
    );
  });

  test('does not open with another Kafka key, for another dataset or under another private key', () => {
    const sealed = cipher.seal(keys, KEY, Buffer.from('{}'));
    const others = new MemoryKeys({ [ID]: Buffer.alloc(32, 6) });
    for (const open of [
      () => cipher.open(keys, Buffer.from('l'), sealed),
      () => cipher.open(keys, null, sealed),
      () => cipher.open(keys, Buffer.alloc(0), sealed),
      () => new ProducerCipher('peoples').open(keys, KEY, sealed),
      () => cipher.open(others, KEY, sealed),
    ])
      expect(refusal(open)).toBe('RECORD_NOT_AUTHENTIC');
    expect(refusal(() => cipher.open(keys, KEY, sealed))).toBe('opened');
  });

  test('does not open when any byte is another one, when it is cut, or when it is longer', () => {
    const sealed = cipher.seal(keys, KEY, Buffer.from('{"a":1}'));
    const refusals = ['RECORD_NOT_AUTHENTIC', 'KEY_UNKNOWN'];
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(refusals).toContain(refusal(() => cipher.open(keys, KEY, changed)));
      expect(refusals).toContain(refusal(() => cipher.open(keys, KEY, sealed.subarray(0, at))));
    }
    const longer = Buffer.concat([sealed, Buffer.alloc(1)]);
    expect(refusals).toContain(refusal(() => cipher.open(keys, KEY, longer)));
  });

  test('is no record of another stage: without its marker it opens nowhere', () => {
    const inner = cipher.seal(keys, KEY, Buffer.from('{}')).subarray(5);
    const binding = { source: Buffer.alloc(16), key: KEY, headers: Buffer.alloc(0) };
    for (const purpose of ['rejected', 'producer'] as const)
      for (const stage of ['rejected', 'raw']) {
        const other = new RecordCipher(purpose, 'people', stage);
        expect(refusal(() => other.openSealed(keys, binding, inner))).toBe('RECORD_NOT_AUTHENTIC');
      }
    expect(refusal(() => cipher.open(keys, KEY, inner))).toBe('RECORD_NOT_AUTHENTIC');
  });

  test('is told from every JSON text and from all else that is sealed, by its first bytes', () => {
    const looks = (bytes: Buffer) => looksProducerSealed(bytes, 0, bytes.length);
    fc.assert(fc.property(fc.json(), (json) => !looks(Buffer.from(` ${json}`))));
    const accepted = new RecordCipher('accepted', 'people', 'accepted');
    const binding = { source: Buffer.alloc(16), key: null, headers: Buffer.alloc(0) };
    for (const other of [
      accepted.seal(keys, binding, Buffer.from('{}')),
      accepted.sealToPublic(keys, binding, Buffer.from('{}')),
      Buffer.from('ss1:AAAAAAAAAAAA:x'),
      Buffer.alloc(0),
      Buffer.from('\u0003ss', 'latin1'),
    ])
      expect(looks(other)).toBe(false);
    expect(looks(cipher.seal(keys, null, Buffer.alloc(0)))).toBe(true);
    // A later version is sealed, too, and nothing here opens it.
    const later = Buffer.from('\u0003ssp2 and more', 'latin1');
    expect([looks(later), refusal(() => cipher.open(keys, null, later))]).toEqual([
      true,
      'RECORD_NOT_AUTHENTIC',
    ]);
  });
});
